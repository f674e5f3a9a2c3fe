package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is events in thousandths a second: 50/s is 50,000. Text form: a number with
// at most three decimals and /s.
type Rate int64

// Interval is the mean time between two events. The rate must be positive.
func (r Rate) Interval() time.Duration {
	assert(r > 0, "interval of rate %d", r)
	return time.Duration(1000 * int64(time.Second) / int64(r))
}

// String is the text form.
func (r Rate) String() string { return decimal(int64(r), 3) + "/s" }

// PPM is a share in parts per million. Text form: percent with at most four
// decimals, 5% is 50,000.
type PPM int64

// String is the text form.
func (p PPM) String() string { return decimal(int64(p), 4) + "%" }

// Bytes is a size. Text form: a whole number, or one with kB, MB, GB, TB (powers
// of 1000) or KiB, MiB, GiB, TiB (powers of 1024).
type Bytes int64

// String is the text form, in the largest binary unit that divides it.
func (b Bytes) String() string {
	for i := len(byteUnits) - 1; i >= 0; i-- {
		u := byteUnits[i]
		if b != 0 && u.unit&(u.unit-1) == 0 && int64(b)%u.unit == 0 {
			return strconv.FormatInt(int64(b)/u.unit, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// Span is an inclusive range of whole numbers. Text form: 5 or 1..10.
type Span struct{ Min, Max int }

// String is the text form.
func (s Span) String() string {
	if s.Min == s.Max {
		return strconv.Itoa(s.Min)
	}
	return strconv.Itoa(s.Min) + ".." + strconv.Itoa(s.Max)
}

var byteUnits = []struct {
	name string
	unit int64
}{{"kB", 1e3}, {"KiB", 1 << 10}, {"MB", 1e6}, {"MiB", 1 << 20}, {"GB", 1e9}, {"GiB", 1 << 30}, {"TB", 1e12}, {"TiB", 1 << 40}}

// parseBytes reads the text form of Bytes.
func parseBytes(s string) (Bytes, error) {
	unit, digits := int64(1), s
	for _, u := range byteUnits {
		if d, ok := strings.CutSuffix(s, u.name); ok {
			unit, digits = u.unit, d
			break
		}
	}
	n, err := parseInt(digits)
	if err != nil || n > (1<<62)/unit {
		return 0, fmt.Errorf("%q is no size: want whole bytes, or a whole number with kB, MB, GB, TB, KiB, MiB, GiB or TiB", s)
	}
	return Bytes(n * unit), nil
}

// parseRate reads the text form of Rate.
func parseRate(s string) (Rate, error) {
	if d, ok := strings.CutSuffix(s, "/s"); ok {
		if n, err := parseDecimal(d, 3); err == nil {
			return Rate(n), nil
		}
	}
	return 0, fmt.Errorf("%q is no rate: want a number with at most three decimals and /s, for example 50/s", s)
}

// parsePPM reads the text form of PPM.
func parsePPM(s string) (PPM, error) {
	if d, ok := strings.CutSuffix(s, "%"); ok {
		if n, err := parseDecimal(d, 4); err == nil {
			return PPM(n), nil
		}
	}
	return 0, fmt.Errorf("%q is no share: want percent with at most four decimals, for example 5%%", s)
}

// parseSpan reads the text form of Span.
func parseSpan(s string) (Span, error) {
	low, high, ranged := strings.Cut(s, "..")
	a, errA := parseInt(low)
	b, errB := a, error(nil)
	if ranged {
		b, errB = parseInt(high)
	}
	if errA != nil || errB != nil || a > b || b > 1<<31-1 {
		return Span{}, fmt.Errorf("%q is no range: want a whole number or two with .. between them, the smaller first, for example 1..10", s)
	}
	return Span{int(a), int(b)}, nil
}

// parseDuration reads a Go duration such as 1m30s or 250ms. A bare number other
// than 0 has no unit and is refused.
func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || s != strings.TrimSpace(s) {
		return 0, fmt.Errorf("%q is no time: want a number and a unit (h m s ms us ns), for example 250ms or 1m30s", s)
	}
	return d, nil
}

// parseInt reads plain decimal digits; no sign, no leading zero.
func parseInt(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || s != strconv.FormatInt(n, 10) {
		return 0, fmt.Errorf("%q is no whole number", s)
	}
	return n, nil
}

// parseDecimal reads a decimal number of at most the given places, times 10^places.
// It uses integers only, so that every platform reads the same.
func parseDecimal(s string, places int) (int64, error) {
	whole, part, dotted := strings.Cut(s, ".")
	n, err := parseInt(whole)
	if err != nil || n > 1e12 || dotted && part == "" || len(part) > places {
		return 0, fmt.Errorf("%q is no number with at most %d decimals", s, places)
	}
	for i := range places {
		digit := int64(0)
		if i < len(part) {
			if part[i] < '0' || part[i] > '9' {
				return 0, fmt.Errorf("%q is no number", s)
			}
			digit = int64(part[i] - '0')
		}
		n = n*10 + digit
	}
	return n, nil
}

// decimal writes v / 10^places without trailing zeros.
func decimal(v int64, places int) string {
	digits := strconv.FormatInt(v, 10)
	for len(digits) <= places {
		digits = "0" + digits
	}
	whole, part := digits[:len(digits)-places], strings.TrimRight(digits[len(digits)-places:], "0")
	if part == "" {
		return whole
	}
	return whole + "." + part
}
