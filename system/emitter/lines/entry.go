package lines

import (
	"strconv"

	"weir/system/message"
)

// The attributes that say what was done to a line.
const (
	AttrEncoding = "weir.encoding" // invalid-utf8: bytes were replaced
	AttrPart     = "weir.part"     // the number of this part of a line that is too long
)

// Entry makes a message of a piece, and says how many bytes of it were replaced.
// It depends on nothing but its arguments, so a piece read again makes the same
// message. Level and time are looked for in whole lines and first parts only.
func (c Config) Entry(p Piece, source string) (e message.Entry, invalid int) {
	e.Source = source
	e.Text, invalid = Text(p.Text)
	if !c.Plain && p.Part <= 1 {
		e.Time, e.Severity = c.Recognise(e.Text)
	}
	if invalid > 0 {
		e.Attrs = append(e.Attrs, message.Attribute{Key: AttrEncoding, Value: "invalid-utf8"})
	}
	if p.Part > 0 {
		e.Attrs = append(e.Attrs, message.Attribute{Key: AttrPart, Value: strconv.Itoa(p.Part)})
	}
	return e, invalid
}
