package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// problemsMax is how many problems one reading reports.
const problemsMax = 20

// Problem is one thing that is wrong with a scenario, and where.
type Problem struct {
	// File is the file's name, or the override that holds the text.
	File string
	// Line and Column count from 1; 0 when the place is not known.
	Line, Column int
	// Message says what is wrong, beginning with the field's path if it is one.
	Message string
	// Excerpt is the line before, the line and a caret; empty without a place.
	Excerpt string
}

// Error is file:line:column: message, and the excerpt below it. It holds no
// control characters but line feeds.
func (p *Problem) Error() string {
	where := printable(p.File)
	if p.Line > 0 {
		where += ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
	}
	text := where + ": " + p.Message
	if p.Excerpt != "" {
		text += "\n" + p.Excerpt
	}
	return text
}

// InvalidError says that a scenario, an override or a token is not valid. The
// user can repair it: the command's exit code for it is 64.
type InvalidError struct{ Problems []*Problem }

// Error joins the problems, one after the other.
func (e *InvalidError) Error() string {
	var parts []string
	for _, p := range e.Problems {
		parts = append(parts, p.Error())
	}
	return strings.Join(parts, "\n")
}

// invalid makes an error of one problem without a place.
func invalid(file, format string, args ...any) error {
	return &InvalidError{[]*Problem{{File: file, Message: fmt.Sprintf(format, args...)}}}
}

// excerptWidth is how many characters of a line an excerpt shows.
const excerptWidth = 110

// excerpt shows the line (from 1) with the one before it and a caret below the
// column (from 1, in characters).
func excerpt(source string, line, column int) string {
	lines := strings.Split(source, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	var b strings.Builder
	if line > 1 {
		shown, _ := window(lines[line-2], column)
		fmt.Fprintf(&b, "  %5d | %s\n", line-1, shown)
	}
	shown, caret := window(lines[line-1], column)
	fmt.Fprintf(&b, "> %5d | %s\n", line, shown)
	fmt.Fprintf(&b, "          %s^", strings.Repeat(" ", caret))
	return b.String()
}

// window cuts a line to the part around the column and makes it printable, one
// character for each; it also returns where the column is in that part.
func window(line string, column int) (shown string, caret int) {
	runes := []rune(printable(strings.TrimSuffix(line, "\r")))
	caret = min(max(column-1, 0), len(runes))
	from := 0
	if caret > excerptWidth*3/4 {
		from = caret - excerptWidth/2
	}
	return string(runes[from:min(len(runes), from+excerptWidth)]), caret - from
}

// printable replaces every character that a terminal might act on, one for one.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r == utf8.RuneError || !strconv.IsPrint(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '?'
		}
		return r
	}, s)
}
