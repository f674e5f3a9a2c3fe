package logcheck

import (
	"errors"
	"strconv"
	"strings"
)

// promSample is a sample line of the text format of Prometheus.
type promSample struct {
	name   string
	labels []promLabel
	value  string
}

type promLabel struct{ name, value string }

// label returns the value of a label; empty if it is not there.
func (s *promSample) label(name string) string {
	for _, l := range s.labels {
		if l.name == name {
			return l.value
		}
	}
	return ""
}

// parseSample reads `name{label="value",...} value`, with a timestamp or none.
func parseSample(text string) (s promSample, err error) {
	s.name, text = promName(text)
	if s.name == "" {
		return s, errors.New("a sample begins with a metric's name")
	}
	if rest, ok := strings.CutPrefix(text, "{"); ok {
		if s.labels, text, err = promLabels(rest); err != nil {
			return s, err
		}
	}
	fields := strings.Split(text, " ")
	if len(fields) < 2 || len(fields) > 3 || fields[0] != "" {
		return s, errors.New("a value follows the name, after one space")
	}
	if _, err := strconv.ParseFloat(fields[1], 64); err != nil {
		return s, errors.New("the value is no number")
	}
	if len(fields) == 3 {
		if _, err := strconv.ParseInt(fields[2], 10, 64); err != nil {
			return s, errors.New("the time is no whole number")
		}
	}
	s.value = fields[1]
	return s, nil
}

// promName takes a name off the front.
func promName(text string) (name, rest string) {
	i := 0
	for i < len(text) {
		c := text[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':'
		if !letter && (i == 0 || c < '0' || c > '9') {
			break
		}
		i++
	}
	return text[:i], text[i:]
}

// promLabels reads what stands between the braces, and the closing one.
func promLabels(text string) (labels []promLabel, rest string, err error) {
	for {
		if rest, ok := strings.CutPrefix(text, "}"); ok {
			return labels, rest, nil
		}
		var l promLabel
		if l.name, text = promName(text); l.name == "" || !strings.HasPrefix(text, `="`) {
			return nil, "", errors.New(`a label is name="value"`)
		}
		if l.value, text, err = promValue(text[2:]); err != nil {
			return nil, "", err
		}
		for _, other := range labels {
			if other.name == l.name {
				return nil, "", errors.New("a label stands twice")
			}
		}
		if labels = append(labels, l); len(labels) > scrapeLabelsMax {
			return nil, "", errors.New("too many labels")
		}
		rest, more := strings.CutPrefix(text, ",")
		if text = rest; !more && !strings.HasPrefix(text, "}") {
			return nil, "", errors.New("labels are separated by commas and ended by a brace")
		}
	}
}

// promValue reads a label's value and the quote behind it.
func promValue(text string) (value, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return b.String(), text[i+1:], nil
		case '\\':
			i++
			at := -1
			if i < len(text) {
				at = strings.IndexByte(`\"n`, text[i])
			}
			if at < 0 {
				return "", "", errors.New(`in a label's value, \ stands before \, " or n`)
			}
			b.WriteByte("\\\"\n"[at])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errors.New("a label's value has no end")
}

// promWhole reads a whole number from 0 that may be written with a point and an
// exponent, as large ones are: 1.25e+06.
func promWhole(text string) (v int64, ok bool) {
	text, exponent, scientific := strings.Cut(text, "e")
	digits, fraction, point := strings.Cut(text, ".")
	power := 0
	if scientific {
		n, err := strconv.Atoi(strings.TrimPrefix(exponent, "+"))
		if err != nil || n < 0 || n > 18 {
			return 0, false
		}
		power = n
	}
	if point && len(fraction) == 0 || len(fraction) > power {
		return 0, false
	}
	whole := digits + fraction + strings.Repeat("0", power-len(fraction))
	n, rest, ok := parseDecimal([]byte(whole))
	return int64(n), ok && len(rest) == 0 && n < 1<<63
}
