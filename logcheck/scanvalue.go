package logcheck

import (
	"bytes"
	"math"
	"unicode/utf16"
	"unicode/utf8"
)

// value parses the value of a key that FORMAT.md defines and checks its type.
func (s *scanner) value(k Key, w want) bool {
	r := s.rec
	v := &r.vals[k]
	r.has[k>>6] |= 1 << (k & 63)
	v.sym = 0
	switch w {
	case wantUint:
		return s.uint(v)
	case wantName:
		return s.name(v) || s.str(v) && (validName(r.text(v)) || s.fail("not a name: "+keyText[k]))
	case wantString:
		return s.str(v)
	case wantID:
		return s.str(v) && s.id(v)
	case wantInt:
		return s.any(v) && (v.typ == typeInt && v.num <= math.MaxInt64 || v.typ == typeNeg || s.fail("not an integer: "+keyText[k]))
	case wantBool:
		return s.any(v) && (v.typ == typeBool || s.fail("not true or false: "+keyText[k]))
	case wantHex8, wantHex16:
		n := 8
		if w == wantHex16 {
			n = 16
		}
		return s.str(v) && (isHex(r.text(v), n) || s.fail("not hex: "+keyText[k]))
	case wantClass:
		return s.str(v) && s.class(k, v)
	case wantMsg:
		if !s.str(v) {
			return false
		}
		if r.Msg = lookupMsg(r.text(v)); r.Msg == MsgNone {
			return s.fail("unknown message")
		}
		return true
	}
	if w >= wantWord {
		return s.str(v) && (isWord(wordSets[w-wantWord], r.text(v)) || s.fail("not a word that "+keyText[k]+" may be"))
	}
	return s.any(v)
}

func isWord(set []string, b []byte) bool {
	for _, w := range set {
		if w == string(b) {
			return true
		}
	}
	return false
}

func (s *scanner) id(v *value) bool {
	id, err := parseID(s.rec.text(v), s.rec.names)
	if err != nil {
		return s.fail(err.Error())
	}
	s.rec.id, s.rec.idOK = id, true
	return true
}

func (s *scanner) class(k Key, v *value) bool {
	c, ok := parseClass(s.rec.text(v))
	if !ok || k == KeyC && c == ClassAll {
		return s.fail("unknown class")
	}
	s.rec.Class = c
	return true
}

func isHex(b []byte, n int) bool {
	if len(b) != n {
		return false
	}
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// any parses a string, an integer, true or false.
func (s *scanner) any(v *value) bool {
	if s.pos >= len(s.b) {
		return s.fail("expected a value")
	}
	switch s.b[s.pos] {
	case '"':
		return s.str(v)
	case 't':
		v.typ, v.num = typeBool, 1
		return s.literal("true")
	case 'f':
		v.typ, v.num = typeBool, 0
		return s.literal("false")
	case '-':
		s.pos++
		if !s.uint(v) {
			return false
		}
		if v.num == 0 || v.num > 1<<63 {
			return s.fail("integer out of range")
		}
		v.typ, v.num = typeNeg, -v.num
		return true
	}
	return s.uint(v)
}

// uint parses 0..2^64-1 without a leading zero.
func (s *scanner) uint(v *value) bool {
	b := s.b[s.pos:]
	i := 0
	var n uint64
	for i < len(b) && b[i]-'0' <= 9 {
		n = n*10 + uint64(b[i]-'0') // beyond 19 digits it may wrap
		i++
	}
	if i > 19 && (i > 20 || string(b[:i]) > "18446744073709551615") {
		return s.fail("integer out of range")
	}
	if i == 0 || b[0] == '0' && i > 1 {
		return s.fail("not an integer")
	}
	s.pos += i
	v.typ, v.num = typeInt, n
	return true
}

// name parses a string that is a plain name; otherwise it consumes nothing.
func (s *scanner) name(v *value) bool {
	b, start := s.b, s.pos+1
	if s.pos >= len(b) || b[s.pos] != '"' {
		return false
	}
	i := start
	for i < len(b) && nameByte[b[i]] {
		i++
	}
	if n := i - start; n == 0 || n > 64 || i == len(b) || b[i] != '"' {
		return false
	}
	return s.endStr(v, start, i)
}

// str parses a string; in a clean line it ends at the next quote.
func (s *scanner) str(v *value) bool {
	if s.pos >= len(s.b) || s.b[s.pos] != '"' {
		return s.fail("expected a string")
	}
	start := s.pos + 1
	if !s.clean {
		return s.strSlow(v, start)
	}
	i, b := start, s.b
	for ; i < len(b) && i < start+24; i++ {
		if b[i] == '"' {
			return s.endStr(v, start, i)
		}
	}
	n := bytes.IndexByte(b[i:], '"')
	if n < 0 {
		return s.fail("string without end")
	}
	return s.endStr(v, start, i+n)
}

func (s *scanner) endStr(v *value, start, end int) bool {
	v.typ, v.num = typeString, uint64(start)<<32|uint64(end-start)
	s.pos = end + 1
	return true
}

// strSlow parses a string that may hold escapes or other scripts, and refuses
// what the writer must never leave raw.
func (s *scanner) strSlow(v *value, start int) bool {
	r := s.rec
	i, from, escaped := start, len(r.scratch), false
	for i < len(s.b) {
		c := s.b[i]
		switch {
		case c == '"':
			if !escaped {
				return s.endStr(v, start, i)
			}
			v.typ, v.num = typeEscaped, uint64(from)<<32|uint64(len(r.scratch)-from)
			s.pos = i + 1
			return true
		case c == '\\':
			if !escaped {
				escaped = true
				r.scratch = append(r.scratch, s.b[start:i]...)
			}
			n := 0
			if r.scratch, n = unescape(r.scratch, s.b[i:]); n == 0 {
				s.pos = i
				return s.fail("bad escape")
			}
			i += n
			continue
		}
		ch, n := utf8.DecodeRune(s.b[i:])
		if ch == utf8.RuneError && n < 2 || hidden(ch) {
			s.pos = i
			return s.fail("raw control character or invalid UTF-8")
		}
		if escaped {
			r.scratch = append(r.scratch, s.b[i:i+n]...)
		}
		i += n
	}
	return s.fail("string without end")
}

// unescape appends the character that the escape at the start of b stands for and
// returns how many bytes it took, 0 if it is none. A lone surrogate becomes
// U+FFFD, as in encoding/json.
func unescape(dst, b []byte) ([]byte, int) {
	if len(b) < 2 {
		return dst, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return append(dst, b[1]), 2
	case 'b':
		return append(dst, '\b'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'n':
		return append(dst, '\n'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 't':
		return append(dst, '\t'), 2
	}
	c := hex4(b)
	if c < 0 {
		return dst, 0
	}
	if utf16.IsSurrogate(c) {
		if len(b) >= 12 {
			if both := utf16.DecodeRune(c, max(hex4(b[6:]), 0)); both != utf8.RuneError {
				return utf8.AppendRune(dst, both), 12
			}
		}
		c = utf8.RuneError
	}
	return utf8.AppendRune(dst, c), 6
}

// hex4 reads \uXXXX at the start of b; -1 if it is none.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var v rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		v = v<<4 | rune(c)
	}
	return v
}
