package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// patterns are the compiled forms.
var patterns = func() (list [len(forms)]*regexp.Regexp) {
	for i, f := range forms {
		if f.pattern != "" {
			list[i] = regexp.MustCompile(f.pattern)
		}
	}
	return list
}()

// textMax bounds a text value; a plan has its own limit.
const textMax = 8 << 10

// set reads the text of a scalar into v and says what is wrong with it.
func (f *field) set(v reflect.Value, text string) error {
	if p := patterns[f.kind]; p != nil && !p.MatchString(text) {
		return fmt.Errorf("%s: %s is not %s", f.path, quoted(text), forms[f.kind].what)
	}
	switch f.kind {
	case kindText, kindPlan:
		return f.setText(v, text)
	case kindBool:
		v.SetBool(text == "true")
		return nil
	case kindSpan:
		return f.setSpan(v, text)
	}
	n, err := f.number(text)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	if err := f.inRange(n, text); err != nil {
		return err
	}
	v.SetInt(n)
	return nil
}

func (f *field) setText(v reflect.Value, text string) error {
	if f.kind == kindText && len(text) > textMax {
		return fmt.Errorf("%s: %d bytes, at most %d", f.path, len(text), textMax)
	}
	if f.enum != nil && !slices.Contains(f.enum, text) {
		return fmt.Errorf("%s: %s is none of %s", f.path, quoted(text), strings.Join(f.enum, ", "))
	}
	v.SetString(text)
	return nil
}

func (f *field) setSpan(v reflect.Value, text string) error {
	span, err := parseSpan(text)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	for _, n := range []int{span.Min, span.Max} {
		if err := f.inRange(int64(n), text); err != nil {
			return err
		}
	}
	v.Set(reflect.ValueOf(span))
	return nil
}

func (f *field) inRange(n int64, text string) error {
	if f.ranged && (n < f.low || n > f.high) {
		return fmt.Errorf("%s: %s is not within %s to %s", f.path, text, f.lowText, f.highText)
	}
	return nil
}

// text is the canonical text of a scalar: set reads it back to an equal value.
func (f *field) text(v reflect.Value) string {
	switch f.kind {
	case kindText, kindPlan:
		return v.String()
	case kindBool:
		return strconv.FormatBool(v.Bool())
	case kindInt:
		return strconv.FormatInt(v.Int(), 10)
	case kindTime:
		return formatDuration(time.Duration(v.Int()))
	}
	return v.Interface().(fmt.Stringer).String()
}

// formatDuration writes d in the largest unit that divides it: 90s, 1500ms, 1h.
func formatDuration(d time.Duration) string {
	units := []struct {
		name string
		unit time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}, {"us", time.Microsecond}}
	if d == 0 {
		return "0s"
	}
	for _, u := range units {
		if d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d), 10) + "ns"
}

func parseSigned(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", s)
	}
	return n, nil
}

// quoted shows a text from outside: escaped, and cut when it is long.
func quoted(s string) string {
	const shown = 60
	if len(s) > shown {
		return strconv.QuoteToASCII(s[:shown]) + "..."
	}
	return strconv.QuoteToASCII(s)
}
