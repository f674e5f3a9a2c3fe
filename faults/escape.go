package faults

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string in the profile of FORMAT section 2: quote and backslash take a
// backslash; control characters (C0, DEL, C1), U+2028, U+2029 and the bidirectional controls are \u escapes, so that no log line
// can break or disguise itself on a screen; invalid bytes become \ufffd, each its own.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			b = appendASCII(b, c)
			i++
			continue
		}
		r, width := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && width == 1:
			b = append(b, `\ufffd`...)
		case mustEscape(r):
			b = appendEscape(b, r)
		default:
			b = append(b, s[i:i+width]...)
		}
		i += width
	}
	return append(b, '"')
}

func appendASCII(b []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(b, '\\', c)
	case c < 0x20 || c == 0x7f:
		return appendEscape(b, rune(c))
	}
	return append(b, c)
}

// mustEscape covers what is not ASCII: C1, line and paragraph separator, and Unicode's Bidi_Control characters.
func mustEscape(r rune) bool {
	return 0x80 <= r && r <= 0x9f || r == 0x061c || r == 0x200e || r == 0x200f ||
		0x2028 <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}

func appendEscape(b []byte, r rune) []byte {
	assert(r <= 0xffff, "%U has no short escape", r)
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
