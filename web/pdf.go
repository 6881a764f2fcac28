package web

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf16"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// PDF is an A4 document that reading programs can read aloud: every text is marked as what it is. Lengths are millimetres, sizes of text points.
type PDF struct {
	file     *fpdf.Fpdf
	elements []pdfElement
	marks    map[int]int // by page: how many there are
}

// pdfElement is a heading ("H1"), a paragraph ("P") or a picture ("Figure") with its words, and where it is drawn.
type pdfElement struct {
	tag, alt string
	at       []pdfMark
}

// pdfMark is the n-th marked content of a page; pages count from 1.
type pdfMark struct{ page, n int }

const (
	pdfMargin = 25.0
	pdfWidth  = 210 - 2*pdfMargin
	pdfBottom = 297 - pdfMargin
	pdfLine   = 0.5 // height of a line by points of its text
)

// NewPDF begins a document with its first page. lang is of its words, "de-DE".
func NewPDF(title, author, lang string, made time.Time) *PDF {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetTitle(title, true)
	f.SetAuthor(author, true)
	f.SetCreator("Seestern", true)
	f.SetLang(lang)
	f.SetCreationDate(made)
	f.SetModificationDate(made)
	f.SetCatalogSort(true)
	f.AddUTF8FontFromBytes("go", "", goregular.TTF)
	f.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	f.SetMargins(pdfMargin, pdfMargin, pdfMargin)
	f.SetAutoPageBreak(false, 0)
	f.AddPage()
	return &PDF{file: f, marks: map[int]int{}}
}

// mark begins marked content of the last element and returns how to end it.
func (p *PDF) mark() func() {
	page := p.file.PageNo()
	last := &p.elements[len(p.elements)-1]
	last.at = append(last.at, pdfMark{page, p.marks[page]})
	p.file.RawWriteStr(fmt.Sprintf("/%s <</MCID %d>> BDC\n", last.tag, p.marks[page]))
	p.marks[page]++
	return func() { p.file.RawWriteStr("EMC\n") }
}

// need goes on to the next page unless so much is left of this one.
func (p *PDF) need(height float64) {
	if p.file.GetY()+height > pdfBottom {
		p.file.AddPage()
	}
}

// Text writes an element over as many lines and pages as it takes.
func (p *PDF) Text(tag, style string, size float64, text string) {
	p.file.SetFont("go", style, size)
	p.elements = append(p.elements, pdfElement{tag: tag})
	height := size * pdfLine
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines := p.file.SplitText(paragraph, pdfWidth)
		if len(lines) == 0 {
			p.Space(height / 2)
		}
		for _, line := range lines {
			p.need(height)
			end := p.mark()
			p.file.CellFormat(pdfWidth, height, line, "", 1, "L", false, 0, "")
			end()
		}
	}
}

// Space leaves some free.
func (p *PDF) Space(height float64) { p.file.SetY(p.file.GetY() + height) }

// Rule draws a line that says nothing.
func (p *PDF) Rule() {
	p.file.RawWriteStr("/Artifact BMC\n")
	p.file.SetDrawColor(120, 120, 120)
	p.file.Line(pdfMargin, p.file.GetY(), pdfMargin+pdfWidth, p.file.GetY())
	p.file.RawWriteStr("EMC\n")
}

// QR draws a code with that width, and the words beside it.
func (p *PDF) QR(code QRCode, width float64, alt string, beside ...string) {
	p.need(width)
	x, y := pdfMargin, p.file.GetY()
	module := width / float64(code.Size)
	p.elements = append(p.elements, pdfElement{tag: "Figure", alt: alt})
	end := p.mark()
	p.file.SetFillColor(0, 0, 0)
	for _, run := range code.Runs {
		p.file.Rect(x+float64(run[0])*module, y+float64(run[1])*module, float64(run[2])*module, module, "F")
	}
	end()
	p.file.SetFont("go", "", 11)
	top := y + 2
	for _, text := range beside {
		p.elements = append(p.elements, pdfElement{tag: "P"})
		for _, line := range p.file.SplitText(text, pdfWidth-width-5) {
			p.file.SetXY(x+width+5, top)
			end := p.mark()
			p.file.CellFormat(pdfWidth-width-5, 5.5, line, "", 1, "L", false, 0, "")
			end()
			top += 5.5
		}
		top += 2
	}
	p.file.SetXY(pdfMargin, max(y+width, top))
}

// Bytes ends the document.
func (p *PDF) Bytes() ([]byte, error) {
	var b bytes.Buffer
	if err := p.file.Output(&b); err != nil {
		return nil, fmt.Errorf("PDF: %w", err)
	}
	return p.tagged(b.Bytes())
}

// What is looked up in a finished file.
var (
	pdfPage    = regexp.MustCompile(`(?m)^(\d+) 0 obj\n<</Type /Page\n`)
	pdfCatalog = regexp.MustCompile(`(?m)^(\d+) 0 obj\n<<\n/Type /Catalog\n`)
	pdfTrailer = regexp.MustCompile(`trailer\n<<\n/Size (\d+)\n/Root \d+ 0 R\n/Info (\d+) 0 R\n[^>]*>>\nstartxref\n(\d+)\n`)
)

// tagged appends the structure of the text to a finished file, as an update of it (PDF 32000-1 §7.5.6, §14.7): a tree with the document and its
// elements, and for each page which element its marks belong to.
func (p *PDF) tagged(file []byte) ([]byte, error) {
	pages, catalog, trailer := pdfPage.FindAllSubmatchIndex(file, -1), pdfCatalog.FindSubmatchIndex(file), pdfTrailer.FindSubmatch(file)
	if len(pages) != p.file.PageNo() || catalog == nil || trailer == nil {
		return nil, fmt.Errorf("PDF: %d pages of %d, catalog %v, trailer %v", len(pages), p.file.PageNo(), catalog != nil, trailer != nil)
	}
	size, _ := strconv.Atoi(string(trailer[1])) // digits
	number := func(at []int) string { return string(file[at[2]:at[3]]) }
	root, document, parents, first := size, size+1, size+2, size+3
	out := bytes.NewBuffer(file)
	var offsets []string
	object := func(n, body string) {
		offsets = append(offsets, fmt.Sprintf("%s 1\n%010d 00000 n \n", n, out.Len()))
		fmt.Fprintf(out, "%s 0 obj\n%s\nendobj\n", n, body)
	}
	add := func(n int, format string, args ...any) { object(strconv.Itoa(n), fmt.Sprintf(format, args...)) }

	var kids, nums strings.Builder
	byPage := map[int]string{}
	for i, e := range p.elements {
		fmt.Fprintf(&kids, "%d 0 R ", first+i)
		marks := ""
		for _, m := range e.at {
			marks += fmt.Sprintf("<</Type /MCR /Pg %s 0 R /MCID %d>> ", number(pages[m.page-1]), m.n)
			byPage[m.page] += fmt.Sprintf("%d 0 R ", first+i)
		}
		alt := ""
		if e.alt != "" {
			alt = " /Alt " + pdfText(e.alt)
		}
		add(first+i, "<</Type /StructElem /S /%s /P %d 0 R /K [%s]%s>>", e.tag, document, marks, alt)
	}
	for i := range pages {
		fmt.Fprintf(&nums, "%d [%s] ", i, byPage[i+1])
	}
	add(root, "<</Type /StructTreeRoot /K %d 0 R /ParentTree %d 0 R /ParentTreeNextKey %d>>", document, parents, len(pages))
	add(document, "<</Type /StructElem /S /Document /P %d 0 R /K [%s]>>", root, kids.String())
	add(parents, "<</Nums [%s]>>", nums.String())
	for i, at := range pages {
		object(number(at), pdfBody(file, at)+fmt.Sprintf("/StructParents %d\n/Tabs /S\n", i)+pdfRest(file, at))
	}
	object(number(catalog), pdfBody(file, catalog)+fmt.Sprintf("/Version /1.7\n/MarkInfo <</Marked true>>\n/StructTreeRoot %d 0 R\n/ViewerPreferences <</DisplayDocTitle true>>\n", root)+pdfRest(file, catalog))

	xref := out.Len()
	fmt.Fprintf(out, "xref\n%strailer\n<<\n/Size %d\n/Root %s 0 R\n/Info %s 0 R\n/Prev %s\n>>\nstartxref\n%d\n%%%%EOF\n", strings.Join(offsets, ""), first+len(p.elements), number(catalog), trailer[2], trailer[3], xref)
	return out.Bytes(), nil
}

// pdfBody is the beginning of an object up to where it was found to be of its type, pdfRest what follows in it.
func pdfBody(file []byte, at []int) string {
	begin := bytes.Index(file[at[0]:], []byte("obj\n")) + at[0] + len("obj\n")
	return string(file[begin:at[1]])
}

func pdfRest(file []byte, at []int) string {
	rest, _, _ := strings.Cut(string(file[at[1]:]), "\nendobj")
	return rest
}

// pdfText is a text as UTF-16 in hex.
func pdfText(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", unit)
	}
	return b.String() + ">"
}

var goFont = sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(goregular.TTF) })

// Printable says whether the font of PDFs has every letter of a text, and can write it from left to right.
func Printable(text string) bool {
	font, err := goFont()
	if err != nil {
		return false
	}
	var buffer sfnt.Buffer
	for _, r := range text {
		if unicode.IsSpace(r) {
			continue
		}
		if r > 0xffff || unicode.In(r, unicode.Hebrew, unicode.Arabic) || unicode.Is(unicode.Mn, r) {
			return false
		}
		if i, err := font.GlyphIndex(&buffer, r); err != nil || i == 0 {
			return false
		}
	}
	return true
}
