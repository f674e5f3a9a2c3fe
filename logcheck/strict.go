package logcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// strictKeys reports the first key of a JSON text that encoding/json would take in
// silence: one that stands twice in an object (the last would win) and one with a
// capital letter (it would be taken for the key in lower case). Errors of syntax
// are left to the decoder.
func strictKeys(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var open []map[string]bool // keys of each object that is open; nil for a list
	key := false               // the next token may be a key
	for {
		tok, err := d.Token()
		if err != nil {
			return nil
		}
		at := len(open) - 1
		switch tok {
		case json.Delim('{'):
			open, key = append(open, map[string]bool{}), true
			continue
		case json.Delim('['):
			open, key = append(open, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:at]
			key = at > 0 && open[at-1] != nil
			continue
		}
		name, text := tok.(string)
		switch {
		case !key || at < 0 || !text:
			key = at >= 0 && open[at] != nil
			continue
		case open[at][name]:
			return fmt.Errorf("%s: key %q stands twice", position(b, d.InputOffset()), name)
		case strings.ToLower(name) != name:
			return fmt.Errorf("%s: unknown key %q", position(b, d.InputOffset()), name)
		}
		open[at][name], key = true, false
	}
}

// position is line:column of a byte offset, both from 1, the column in bytes.
func position(b []byte, offset int64) string {
	before := b[:min(max(offset, 0), int64(len(b)))]
	line := bytes.Count(before, []byte("\n"))
	return fmt.Sprintf("%d:%d", line+1, len(before)-bytes.LastIndexByte(before, '\n'))
}

// explain says where and how a JSON text is wrong, without words of Go.
func explain(b []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(b)) == 0:
		return errors.New("the file is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New(position(b, int64(len(b))) + ": the file ends in the middle")
	case errors.As(err, &syntax):
		return fmt.Errorf("%s: %w", position(b, syntax.Offset-1), err)
	case errors.As(err, &kind):
		what := kind.Field
		if what == "" {
			what = "the text"
		}
		return fmt.Errorf("%s: %s must not be of the JSON type %s", position(b, kind.Offset), what, kind.Value)
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}
