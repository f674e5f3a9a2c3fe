package logcheck

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// hidden reports whether c must never reach a terminal or a log raw: C0, DEL, C1,
// the line and paragraph separators, the bidirectional controls and the byte order
// mark.
func hidden(c rune) bool {
	switch {
	case c < 0x20, c >= 0x7f && c <= 0x9f:
		return true
	case c == 0x061c, c == 0x200e, c == 0x200f, c == 0xfeff, c >= 0x2028 && c <= 0x202e, c >= 0x2066 && c <= 0x2069:
		return true
	}
	return false
}

// Sanitise returns s with every hidden character and every invalid byte written as
// an escape, so that the text of a log can be printed.
func Sanitise(s string) string {
	clean := true
	for _, c := range s {
		if hidden(c) || c == utf8.RuneError {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == utf8.RuneError && n < 2:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(c):
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// cut shortens s to at most n bytes, at a character's start.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}
