package wire

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonScan goes over a JSON text of a known shape. Its methods report whether they found
// what they are for.
type jsonScan struct {
	b     []byte
	at    int
	bad   bool   // the text is not UTF-8
	texts []byte // of texts with escapes; reused
}

// mark notes that a key was read.
func (s *jsonScan) mark(seen *uint, bit uint) bool {
	*seen |= bit
	return true
}

// once is mark for an object whose only key is the right one, and not seen yet.
func (s *jsonScan) once(seen *uint, right bool) bool {
	return right && *seen&1 == 0 && s.mark(seen, 1)
}

func (s *jsonScan) space() {
	for s.at < len(s.b) {
		switch s.b[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *jsonScan) eat(c byte) bool {
	s.space()
	if s.at < len(s.b) && s.b[s.at] == c {
		s.at++
		return true
	}
	return false
}

// end reports whether the text is over.
func (s *jsonScan) end() bool {
	s.space()
	return s.at == len(s.b) && !s.bad
}

// object calls member with each key; member reads the value.
func (s *jsonScan) object(member func(key []byte) bool) bool {
	if !s.eat('{') {
		return false
	}
	if s.eat('}') {
		return true
	}
	for {
		key, ok := s.key()
		if !ok || !s.eat(':') || !member(key) {
			return false
		}
		if !s.eat(',') {
			return s.eat('}')
		}
	}
}

// key reads a key, which has no escapes.
func (s *jsonScan) key() ([]byte, bool) {
	if !s.eat('"') {
		return nil, false
	}
	from := s.at
	end := bytes.IndexByte(s.b[from:min(len(s.b), from+jsonKeyMax+1)], '"')
	if end < 0 {
		return nil, false
	}
	s.at = from + end + 1
	return s.b[from : from+end], true
}

// array calls element for each element, which reads it.
func (s *jsonScan) array(element func() bool) bool {
	if !s.eat('[') {
		return false
	}
	if s.eat(']') {
		return true
	}
	for {
		if !element() {
			return false
		}
		if !s.eat(',') {
			return s.eat(']')
		}
	}
}

// uint reads an integer from 0 to most.
func (s *jsonScan) uint(most uint64) (n uint64, ok bool) {
	s.space()
	from := s.at
	for ; s.at < len(s.b) && s.b[s.at] >= '0' && s.b[s.at] <= '9'; s.at++ {
		d := uint64(s.b[s.at] - '0')
		if n > (math.MaxUint64-d)/10 {
			return 0, false
		}
		n = 10*n + d
	}
	digits := s.at - from
	return n, n <= most && digits > 0 && (digits == 1 || s.b[from] != '0') && s.over()
}

// over reports whether a number ends here: what follows is no part of one.
func (s *jsonScan) over() bool {
	return s.at < len(s.b) && bytes.IndexByte([]byte(" \t\n\r,]}"), s.b[s.at]) >= 0
}

func (s *jsonScan) int() (int64, bool) {
	s.space()
	if s.at < len(s.b) && s.b[s.at] == '-' {
		s.at++
		if s.at == len(s.b) || s.b[s.at] < '0' || s.b[s.at] > '9' {
			return 0, false
		}
		n, ok := s.uint(1 << 63)
		return -int64(n), ok
	}
	n, ok := s.uint(1<<63 - 1)
	return int64(n), ok
}

// text reads a string. It is valid until the next begin.
func (s *jsonScan) text() ([]byte, bool) {
	if !s.eat('"') {
		return nil, false
	}
	from := s.at
	s.at += plainText(s.b[from:])
	if s.at == len(s.b) || s.b[s.at] < ' ' {
		return nil, false
	}
	if s.b[s.at] == '\\' {
		return s.escaped(from)
	}
	s.at++
	return s.b[from : s.at-1 : s.at-1], true
}

// plainText is how many bytes there are before the first that means something in a JSON
// string, or may not stand there: a quote, a backslash, a control character.
func plainText(b []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 { // eight at a time: texts are most of what there is
		v := binary.LittleEndian.Uint64(b[i:])
		quote, slash := v^('"'*ones), v^('\\'*ones)
		found := (v - ' '*ones) & ^v // less than a space
		found |= (quote - ones) & ^quote
		found |= (slash - ones) & ^slash
		if found &= highs; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// escapes are the characters of the short ones.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads a string with escapes, whose first is here.
func (s *jsonScan) escaped(from int) ([]byte, bool) {
	start := len(s.texts)
	t := append(s.texts, s.b[from:s.at]...)
	for s.at < len(s.b) {
		c := s.b[s.at]
		s.at++
		switch {
		case c == '"':
			s.texts = t
			return t[start:len(t):len(t)], true
		case c < ' ' || c == '\\' && s.at == len(s.b):
			return nil, false
		case c != '\\':
			t = append(t, c)
		case s.b[s.at] == 'u':
			r, ok := s.unicode()
			if !ok {
				return nil, false
			}
			t = utf8.AppendRune(t, r)
		case escapes[s.b[s.at]] != 0:
			t = append(t, escapes[s.b[s.at]])
			s.at++
		default:
			return nil, false
		}
	}
	return nil, false
}

// unicode reads uXXXX, or the two of a surrogate pair.
func (s *jsonScan) unicode() (rune, bool) {
	r, ok := s.unit()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if !bytes.HasPrefix(s.b[s.at:], []byte(`\u`)) {
		return 0, false
	}
	s.at++
	low, ok := s.unit()
	r = utf16.DecodeRune(r, low)
	return r, ok && r != utf8.RuneError
}

// unit reads a u and the four hexadecimal digits after it.
func (s *jsonScan) unit() (r rune, ok bool) {
	if len(s.b)-s.at < 5 {
		return 0, false
	}
	for _, c := range s.b[s.at+1 : s.at+5] {
		d := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if d < 0 || c < '0' || c > '9' && c < 'A' {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	s.at += 5
	return r, true
}
