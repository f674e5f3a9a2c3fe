package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The limits of a JSON text's form; none of ours comes near them.
const (
	jsonDepth   = 16      // nested arrays and objects
	jsonKeys    = 16      // of one object
	jsonKeyMax  = 32      // bytes of a key
	jsonObjects = 1 << 16 // of a text: each may take some hundred bytes of memory
)

// ErrSyntax says that a text is not JSON as weir reads it, whatever its fields mean.
var ErrSyntax = errors.New("not strict JSON")

// DecodeJSON reads one JSON text into a struct, strictly: valid UTF-8, each key once
// and exactly as it is named, no unknown field, no null, no lone surrogate, no value
// out of its field's range, nothing after the text. An error is ErrSyntax or
// ErrInvalid and names the field, the value and the rule. How long the text may be is
// for the caller to decide before it reads it.
func DecodeJSON(b []byte, into any) error {
	if err := checkJSON(b); err != nil {
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	var typ *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &typ):
		return invalid("%s: %.64s is not %s", fieldName(typ.Field), typ.Value, kindWords(typ.Type.Kind().String()))
	}
	return invalid("%.128s", err.Error())
}

// EncodeJSON returns a value's JSON text, with nothing escaped for HTML's sake.
func EncodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

func fieldName(path string) string {
	if path == "" {
		return "the text"
	}
	return path
}

// kindWords says what values a field of a kind takes.
func kindWords(kind string) string {
	switch kind {
	case "uint8":
		return "an integer from 0 to 255"
	case "uint32":
		return "an integer from 0 to 2^32-1"
	case "uint64":
		return "an integer from 0 to 2^64-1"
	case "int64":
		return "an integer from -2^63 to 2^63-1"
	case "struct":
		return "an object"
	case "slice":
		return "an array"
	}
	return "a " + kind
}

// strict walks over a text that is valid JSON and looks for what encoding/json would
// let pass.
type strict struct {
	b       []byte
	at      int
	depth   int
	objects int
	path    []step
	keys    [][]byte // of the objects that the walk is in
}

// step is where a walk is in one object (key) or array (index).
type step struct {
	key   []byte
	index int
	keys  int // where the object's keys begin
}

func checkJSON(b []byte) error {
	if !utf8.Valid(b) {
		return errors.New("the text is not UTF-8")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(b, &whole); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return fmt.Errorf("byte %d: %w", syntax.Offset, err)
		}
		return err
	}
	s := strict{b: b}
	return s.value()
}

// bad is an error at the place of the walk.
func (s *strict) bad(format string, args ...any) error {
	var at []byte
	for _, p := range s.path {
		if p.key != nil {
			at = append(append(at, '.'), p.key...)
		} else if p.index >= 0 {
			at = append(strconv.AppendInt(append(at, '['), int64(p.index), 10), ']')
		}
	}
	return fmt.Errorf("%s: %w", fieldName(string(bytes.TrimPrefix(at, []byte(".")))), fmt.Errorf(format, args...))
}

// next skips white space and returns the byte there.
func (s *strict) next() byte {
	for {
		switch c := s.b[s.at]; c {
		case ' ', '\t', '\n', '\r', ',', ':': // the text is valid: these need no look
			s.at++
		default:
			return c
		}
	}
}

func (s *strict) value() error {
	switch s.next() {
	case '{':
		return s.nest('}', s.member)
	case '[':
		return s.nest(']', s.element)
	case '"':
		_, err := s.text()
		return err
	case 'n':
		return s.bad("null is no value: leave the field out")
	}
	for s.at < len(s.b) && bytes.IndexByte([]byte(" \t\r\n,]}"), s.b[s.at]) < 0 {
		s.at++ // a number, true or false
	}
	return nil
}

// nest walks over an object or an array.
func (s *strict) nest(end byte, each func() error) error {
	if s.depth++; s.depth > jsonDepth {
		return s.bad("more than %d levels deep", jsonDepth)
	}
	if end == '}' {
		if s.objects++; s.objects > jsonObjects {
			return s.bad("more than %d objects", jsonObjects)
		}
	}
	s.at++
	keys := len(s.keys)
	s.path = append(s.path, step{index: -1, keys: keys})
	for s.next() != end {
		if err := each(); err != nil {
			return err
		}
	}
	s.at++
	s.path, s.keys = s.path[:len(s.path)-1], s.keys[:keys]
	s.depth--
	return nil
}

func (s *strict) element() error {
	s.path[len(s.path)-1].index++
	return s.value()
}

// member walks over a key and its value.
func (s *strict) member() error {
	p := &s.path[len(s.path)-1]
	p.key = nil
	key, err := s.text()
	if err != nil {
		return err
	}
	if !plainKey(key) {
		return s.bad("key %s: keys are 1 to %d of a-z 0-9 _, without escapes", quote(string(key)), jsonKeyMax)
	}
	for _, k := range s.keys[p.keys:] {
		if bytes.Equal(k, key) {
			return s.bad("key %q stands twice", key)
		}
	}
	if len(s.keys)-p.keys == jsonKeys {
		return s.bad("more than %d keys", jsonKeys)
	}
	s.keys = append(s.keys, key)
	p.key = key
	return s.value()
}

// text walks over a string and returns what stands between its quotes.
func (s *strict) text() ([]byte, error) {
	s.next()
	from := s.at + 1
	for s.at = from; s.b[s.at] != '"'; s.at++ {
		if s.b[s.at] != '\\' {
			continue
		}
		s.at++
		if s.b[s.at] != 'u' {
			continue
		}
		r := s.unit()
		if !utf16.IsSurrogate(r) {
			continue
		}
		if !bytes.HasPrefix(s.b[s.at+1:], []byte(`\u`)) {
			return nil, s.bad("\\u%04x is half of a character", r)
		}
		s.at += 2
		if utf16.DecodeRune(r, s.unit()) == utf8.RuneError {
			return nil, s.bad("\\u%04x is half of a character", r)
		}
	}
	s.at++
	return s.b[from : s.at-1], nil
}

// unit is the four hexadecimal digits after a u; the walk goes to the last of them.
func (s *strict) unit() rune {
	n, _ := strconv.ParseUint(string(s.b[s.at+1:s.at+5]), 16, 16) // the text is valid
	s.at += 4
	return rune(n)
}

// plainKey reports whether a key cannot be taken for another one that is spelt
// differently, as encoding/json takes "ID" for "id".
func plainKey(key []byte) bool {
	for _, c := range key {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return len(key) > 0 && len(key) <= jsonKeyMax
}
