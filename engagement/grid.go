package engagement

import "math/bits"

// Grid is a set of slots of the week: bit weekday·4 + daypart, Monday and Vormittag first. Two more bits say that somebody has time,
// or something takes place, in the school holidays (bit 28) and on public holidays (bit 29). The empty grid means: not said.
type Grid uint32

const (
	AllSlots       Grid = 1<<28 - 1
	SchoolHolidays Grid = 1 << 28 // code "ferien"
	PublicHolidays Grid = 1 << 29 // code "feiertag"

	dayparts = 4
)

// daypartHours are the clock hours of the dayparts in Europe/Berlin, from and until.
var daypartHours = [dayparts][2]int{{8, 12}, {12, 15}, {15, 18}, {18, 22}}

// DaypartHours are the hours in which a daypart begins and ends; zeros for an unknown code.
func DaypartHours(daypart Code) (from, until int) {
	if i := Dayparts.Index(daypart); i >= 0 {
		return daypartHours[i][0], daypartHours[i][1]
	}
	return 0, 0
}

// Slot is the grid of one slot, empty for unknown codes.
func Slot(weekday, daypart Code) Grid {
	w, d := Weekdays.Index(weekday), Dayparts.Index(daypart)
	if w < 0 || d < 0 {
		return 0
	}
	return 1 << (w*dayparts + d)
}

// gridBits are the codes of all bits in order: "mo-vormittag" … "so-abend", "ferien", "feiertag".
var gridBits = func() (codes []Code) {
	for _, w := range Weekdays.Terms {
		for _, d := range Dayparts.Terms {
			codes = append(codes, w.Code+"-"+d.Code)
		}
	}
	return append(codes, TimeFlags.Codes()...)
}()

var gridIndex = func() map[Code]Grid {
	index := map[Code]Grid{}
	for i, c := range gridBits {
		index[c] = 1 << i
	}
	return index
}()

// ParseGrid reads slot codes such as "di-nachmittag" and the flags "ferien" and "feiertag". Codes it does not know are returned.
func ParseGrid(codes []Code) (g Grid, unknown []Code) {
	for _, c := range codes {
		if bit, ok := gridIndex[c]; ok {
			g |= bit
		} else {
			unknown = append(unknown, c)
		}
	}
	return g, unknown
}

// Codes are what [ParseGrid] reads, in the order of the bits.
func (g Grid) Codes() []Code {
	var codes []Code
	for i, c := range gridBits {
		if g&(1<<i) != 0 {
			codes = append(codes, c)
		}
	}
	return codes
}

// Slots is the number of weekly slots; the holiday flags do not count.
func (g Grid) Slots() int { return bits.OnesCount32(uint32(g & AllSlots)) }

// Has says whether all of other is in g.
func (g Grid) Has(other Grid) bool { return g&other == other }

// daySlots are all slots of a weekday; none of any other code.
func daySlots(day Code) (g Grid) {
	if Weekdays.Has(day) {
		for _, part := range Dayparts.Terms {
			g |= Slot(day, part.Code)
		}
	}
	return g
}

// FilterGrid turns what a visitor ticked ([TimeFilters], [Weekdays]) into slots: days and dayparts narrow each other, several of one kind widen.
// "wochenende", "abend" is Saturday and Sunday evening; "ferien" is added. Unknown codes do nothing.
func FilterGrid(filters []Code) Grid {
	var days, parts, flags Grid
	for _, f := range filters {
		switch f {
		case "werktags":
			days |= 1<<(5*dayparts) - 1
		case "wochenende":
			days |= AllSlots &^ (1<<(5*dayparts) - 1)
		case "ferien":
			flags |= SchoolHolidays
		default:
			days |= daySlots(f)
			for _, w := range Weekdays.Terms {
				parts |= Slot(w.Code, f)
			}
		}
	}
	switch {
	case days == 0:
		return parts | flags
	case parts == 0:
		return days | flags
	}
	return days&parts | flags
}
