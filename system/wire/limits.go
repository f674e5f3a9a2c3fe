package wire

import (
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"weir/system/message"
	"weir/system/node"
	"weir/system/wire/weirv1"
)

// MessageMax is the size in bytes that neither the encoding of a message nor the
// entries of its packet exceed.
const MessageMax = 4 << 20

// The limits of single fields.
const (
	documentMax = 64 << 10 // bytes of a control document
	refusalMax  = 64 << 10 // bytes of why a control document was refused
	reasonMax   = 1 << 10  // bytes of any other reason
	waitMax     = 24 * time.Hour
	severityMax = 24
)

// ErrInvalid says that a message is not one that weir's nodes exchange.
var ErrInvalid = errors.New("invalid message")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}

func tooLarge(what string, size, most int) error {
	return fmt.Errorf("%w: %s of %d bytes, at most %d are allowed", node.ErrTooLarge, what, size, most)
}

// quote shows the beginning of a text of unknown origin.
func quote(s string) string {
	const shown = 64
	if len(s) > shown {
		return strconv.QuoteToASCII(s[:shown]) + "..."
	}
	return strconv.QuoteToASCII(s)
}

func checkText(field, s string, most int) error {
	if len(s) > most {
		return tooLarge(field, len(s), most)
	}
	if !utf8.ValidString(s) {
		return invalid("%s %s is not UTF-8", field, quote(s))
	}
	return nil
}

func checkID(id message.ID) error {
	if !node.ValidName(id.Source) {
		return invalid("id.source %s is not 1 to 64 of A-Z a-z 0-9 . _ -", quote(id.Source))
	}
	if id.Seq == 0 {
		return invalid("id.sequence 0 of source %s: sequences begin at 1", id.Source)
	}
	return nil
}

func packID(id message.ID) (*weirv1.PacketId, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	return &weirv1.PacketId{Source: id.Source, Incarnation: id.Inc, Sequence: id.Seq}, nil
}

func unpackID(w *weirv1.PacketId) (message.ID, error) {
	id := message.ID{Source: w.GetSource(), Inc: w.GetIncarnation(), Seq: w.GetSequence()}
	return id, checkID(id)
}
