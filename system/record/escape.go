package record

import "unicode/utf8"

// plain marks the ASCII bytes that stand for themselves inside a JSON string.
var plain = func() (t [utf8.RuneSelf]bool) {
	for c := 0x20; c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// appendEscaped appends v as the inside of a JSON string. Control characters
// (C0, C1, DEL), line separators and bidirectional controls never appear raw:
// a log line must stay one line, and harmless on a terminal.
func appendEscaped(b []byte, v string) []byte {
	start := 0
	for i := 0; i < len(v); {
		c := v[i]
		if c < utf8.RuneSelf {
			if plain[c] {
				i++
				continue
			}
			b = append(b, v[start:i]...)
			b = appendEscapedRune(b, rune(c))
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(v[i:])
		if r == utf8.RuneError && size == 1 || unsafeRune(r) {
			b = append(b, v[start:i]...)
			b = appendEscapedRune(b, r)
			start = i + size
		}
		i += size
	}
	return append(b, v[start:]...)
}

func appendEscapedRune(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	b = append(b, '\\', 'u')
	for s := 12; s >= 0; s -= 4 {
		b = append(b, hexDigits[r>>s&15])
	}
	return b
}

// unsafeRune reports whether a non-ASCII rune may not appear raw: C1 controls,
// line and paragraph separators, bidirectional controls and the byte order mark.
// All of them lie in the basic plane, so one \u escape is enough.
func unsafeRune(r rune) bool {
	switch {
	case r >= 0x80 && r <= 0x9f, r == 0x61c, r == 0x200e, r == 0x200f:
		return true
	case r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
		return true
	}
	return false
}
