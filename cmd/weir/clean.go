package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"weir/logcheck"
)

// clean makes a text from logs, files or arguments fit for a terminal: one line,
// every control character escaped.
func clean(s string) string { return logcheck.Sanitise(s) }

// cleanLines does the same and leaves line feeds.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = clean(line)
	}
	return strings.Join(lines, "\n")
}

// shellQuote writes an argument so that a shell reads it back; what a terminal
// might act on is written by escapes.
func shellQuote(s string) string {
	plain := s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+/=:,%@") == ""
	switch {
	case plain:
		return s
	case clean(s) != s:
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		}
		return "$'" + b.String() + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// cleanJSON is indented JSON in which no control character stands raw, not even
// those above ASCII that encoding/json leaves alone.
func cleanJSON(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, r := range string(data) {
		if r != '\n' && clean(string(r)) != string(r) && r != utf8.RuneError {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteByte('\n')
	return []byte(b.String()), nil
}
