package web

import (
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
)

// openAPI is a document of OpenAPI 3.1, made from the table of operations and the types of their answers.
type openAPI map[string]any

// description collects what the document says.
type description struct {
	doc          openAPI
	schemas      map[string]any
	vocabularies map[string]bool // whose codes occur
}

// apiVersion grows with every change of what is answered.
const apiVersion = "1.1.0"

// newDescription describes the operations of a site with that address.
func newDescription(base string) *description {
	d := &description{schemas: map[string]any{}, vocabularies: map[string]bool{}}
	paths := map[string]any{}
	for _, o := range operations() {
		path, parameters := d.path(o)
		paths[path] = map[string]any{"get": map[string]any{
			"operationId": o.id, "summary": o.about, "parameters": parameters, "responses": d.responses(o),
		}}
	}
	for _, name := range []string{"skill_group", "weekday", "daypart"} { // parents of skills, parts of slots
		d.vocabularies[name] = true
	}
	servers := []any{}
	for _, l := range Languages {
		servers = append(servers, map[string]any{"url": base + l.Prefix, "description": "Addresses of pages and sentences of errors: " + l.Href})
	}
	d.doc = openAPI{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "Seestern", "version": apiVersion,
			"description": "What is public of a Seestern site, to be read by programs. No key is needed. Codes are those of /codes. Texts are in the language of whoever wrote them. " +
				"There are limits of requests per minute: with 429 comes Retry-After. An answer has an ETag; with If-None-Match it is sent again only if it has changed. " +
				"Things of partner sites carry their origin. What may be used under a licence says so in license.",
			"license": map[string]any{"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
		},
		"servers":    servers,
		"paths":      paths,
		"components": map[string]any{"schemas": d.schemas},
	}
	return d
}

var apiVariable = regexp.MustCompile(`\{id:(.*)\}`)

// path is the path of an operation with all its parameters.
func (d *description) path(o operation) (path string, parameters []any) {
	path = apiPath + o.path
	parameters = []any{}
	if found := apiVariable.FindStringSubmatch(path); found != nil {
		path = apiVariable.ReplaceAllString(path, "{id}")
		parameters = append(parameters, map[string]any{"name": "id", "in": "path", "required": true, "schema": map[string]any{"type": "string", "pattern": "^" + found[1] + "$"}})
	}
	for _, p := range o.query {
		parameters = append(parameters, p.describe())
	}
	return path, parameters
}

// describe is a parameter as a form reads it.
func (p parameter) describe() map[string]any {
	schema := map[string]any{"type": "string"}
	values := []any{}
	for _, o := range p.Options {
		values = append(values, o.Value)
	}
	switch {
	case p.day:
		schema["format"] = "date"
	case p.Kind == Box:
		schema["const"] = "1"
	case p.Kind == Number:
		schema = map[string]any{"type": "integer", "minimum": 1, "maximum": apiPageMost, "default": apiPage}
	case p.Kind == Boxes:
		schema = map[string]any{"type": "array", "items": map[string]any{"type": "string", "enum": values}}
	case len(values) > 0:
		schema["enum"] = values
	case p.Max > 0:
		schema["maxLength"] = p.Max
	}
	out := map[string]any{"name": p.Name, "in": "query", "description": p.about, "schema": schema}
	if p.Kind == Boxes {
		out["style"], out["explode"] = "form", true
	}
	return out
}

// responses are what an operation may answer.
func (d *description) responses(o operation) map[string]any {
	fails := append([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable}, o.fails...)
	all := map[string]any{
		"200": map[string]any{"description": "OK", "content": content("application/json", d.schema(reflect.TypeOf(o.answer))), "headers": map[string]any{
			"ETag": map[string]any{"schema": map[string]any{"type": "string"}},
		}},
		"304": map[string]any{"description": "Not modified since the answer with the ETag that was sent."},
	}
	for _, status := range fails {
		all[strconv.Itoa(status)] = map[string]any{"description": http.StatusText(status), "content": content("application/problem+json", d.schema(reflect.TypeOf(apiProblem{})))}
	}
	return all
}

func content(mediaType string, schema any) map[string]any {
	return map[string]any{mediaType: map[string]any{"schema": schema}}
}

var (
	timeType = reflect.TypeOf(time.Time{})
	dateType = reflect.TypeOf(engagement.Date(""))
)

// schema is the schema of a type; a struct is named and stands among the components.
func (d *description) schema(t reflect.Type) map[string]any {
	switch {
	case t == timeType:
		return map[string]any{"type": "string", "format": "date-time"}
	case t == dateType:
		return map[string]any{"type": "string", "format": "date"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Struct:
		return d.object(t)
	case reflect.Map:
		return map[string]any{"type": "object"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string"}
}

func (d *description) object(t reflect.Type) map[string]any {
	name := strings.TrimPrefix(t.Name(), "api")
	name = strings.ToUpper(name[:1]) + name[1:]
	reference := map[string]any{"$ref": "#/components/schemas/" + name}
	if d.schemas[name] != nil {
		return reference
	}
	properties, required := map[string]any{}, []any{}
	d.schemas[name] = map[string]any{"type": "object", "properties": properties}
	for _, field := range reflect.VisibleFields(t) {
		if field.Anonymous { // its fields stand here
			continue
		}
		key, omit, _ := strings.Cut(field.Tag.Get("json"), ",")
		properties[key] = d.property(field)
		if omit == "" {
			required = append(required, key)
		}
	}
	d.schemas[name] = map[string]any{"type": "object", "properties": properties, "required": required}
	return reference
}

// property is the schema of a field with what its tags say.
func (d *description) property(field reflect.StructField) map[string]any {
	schema := d.schema(field.Type)
	of := schema
	if items, list := schema["items"].(map[string]any); list {
		of = items
	}
	about := field.Tag.Get("about")
	if v := field.Tag.Get("codes"); v != "" {
		d.vocabularies[v] = true
		of["x-vocabulary"] = v
		about = strings.TrimSpace(about + " Codes of the vocabulary " + v + ".")
	}
	if values := field.Tag.Get("enum"); values != "" {
		of["enum"] = each(slices.Collect(strings.SplitSeq(values, ",")), func(v string) any { return v })
	}
	if format := field.Tag.Get("format"); format != "" {
		of["format"] = format
	}
	if about != "" {
		schema["description"] = about
	}
	return schema
}
