package lines

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"weir/system/message"
)

// RecordMax is the longest record in bytes, its line end not counted.
const RecordMax = 1 << 20

// AttrsMax is how many attributes a record can have.
const AttrsMax = 256

// ErrRecordTooLong says that a message does not fit into a record.
var ErrRecordTooLong = errors.New("lines: record too long")

// AppendRecord appends a message as one line: time, severity, source, text, then keys
// and values, separated by tabs, with backslash, tab, line feed and carriage return as
// \\, \t, \n and \r. It fails without appending anything if that would be longer than
// RecordMax or more than AttrsMax attributes.
func AppendRecord(b []byte, e *message.Entry) ([]byte, error) {
	start := len(b)
	b = strconv.AppendInt(b, e.Time, 10)
	b = append(b, '\t')
	b = strconv.AppendUint(b, uint64(e.Severity), 10)
	b = appendField(b, e.Source)
	b = appendField(b, e.Text)
	for _, a := range e.Attrs {
		b = appendField(b, a.Key)
		b = appendField(b, a.Value)
	}
	if len(b)-start > RecordMax || len(e.Attrs) > AttrsMax {
		return b[:start], ErrRecordTooLong
	}
	return append(b, '\n'), nil
}

func appendField(b []byte, s string) []byte {
	b = append(b, '\t')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			b = append(b, '\\', '\\')
		case '\t':
			b = append(b, '\\', 't')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, c)
		}
	}
	return b
}

// ParseRecord reads what AppendRecord wrote, without its line end. It returns an error
// for what AppendRecord cannot have written.
func ParseRecord(line []byte) (e message.Entry, err error) {
	var head [2]string
	for i := range head {
		field, rest, ok := bytes.Cut(line, []byte{'\t'})
		if !ok {
			return e, errors.New("lines: record: too few fields")
		}
		head[i], line = string(field), rest
	}
	if e.Time, err = strconv.ParseInt(head[0], 10, 64); err != nil {
		return e, fmt.Errorf("lines: record: time: %w", err)
	}
	severity, err := strconv.ParseUint(head[1], 10, 8)
	if err != nil {
		return e, fmt.Errorf("lines: record: severity: %w", err)
	}
	e.Severity = message.Severity(severity)
	if e.Source, e.Text, line, err = pair(line); err != nil {
		return message.Entry{}, err
	}
	for line != nil {
		var a message.Attribute
		if a.Key, a.Value, line, err = pair(line); err != nil {
			return message.Entry{}, err
		}
		if e.Attrs = append(e.Attrs, a); len(e.Attrs) > AttrsMax {
			return message.Entry{}, errors.New("lines: record: too many attributes")
		}
	}
	return e, nil
}

// pair reads two fields; rest is nil if the line ends after them.
func pair(line []byte) (a, b string, rest []byte, err error) {
	first, line, ok := bytes.Cut(line, []byte{'\t'})
	if !ok {
		return "", "", nil, errors.New("lines: record: a field is missing")
	}
	second, rest, ok := bytes.Cut(line, []byte{'\t'})
	if !ok {
		rest = nil
	}
	if a, err = unescape(first); err == nil {
		b, err = unescape(second)
	}
	return a, b, rest, err
}

func unescape(f []byte) (string, error) {
	if bytes.IndexByte(f, '\\') < 0 {
		return string(f), nil
	}
	out := make([]byte, 0, len(f))
	for i := 0; i < len(f); i++ {
		if f[i] != '\\' {
			out = append(out, f[i])
			continue
		}
		i++
		at := -1
		if i < len(f) {
			at = bytes.IndexByte([]byte(`\tnr`), f[i])
		}
		if at < 0 {
			return "", errors.New("lines: record: bad escape")
		}
		out = append(out, "\\\t\n\r"[at])
	}
	return string(out), nil
}
