package faults

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DurationMax is the longest time that a plan may name: long enough for any run, short enough that sums of a few
// never overflow.
const DurationMax = 1000 * time.Hour

// timeUnits from the largest down; the last two letters win over one ("ms" is not "m" and "s").
var timeUnits = []struct {
	name string
	unit time.Duration
}{
	{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second},
	{"ms", time.Millisecond}, {"us", time.Microsecond}, {"ns", time.Nanosecond},
}

// formatTime writes d exactly, in the largest unit that divides it: 90s, 1500ms, 1h.
func formatTime(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	for _, u := range timeUnits {
		if d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	panic("faults: a nanosecond divides every duration")
}

// formatShift is formatTime with the sign always there.
func formatShift(d time.Duration) string {
	if d < 0 {
		return formatTime(d)
	}
	return "+" + formatTime(d)
}

// parseTime reads an unsigned time such as 1m30s or 1.5s, in integers only, so that every platform reads the same.
// Units go from large to small.
func parseTime(s string) (time.Duration, error) {
	var sum time.Duration
	last, rest := -1, s
	for rest != "" {
		number, tail := leadingNumber(rest)
		index, unit := leadingUnit(tail)
		if number == "" || index <= last {
			return 0, fmt.Errorf("a time is a number and a unit (h m s ms us ns), units in that order: 5s, 1.5s, 1m30s")
		}
		d, err := scaled(number, 6, int64(unit))
		if err != nil {
			return 0, err
		}
		sum += time.Duration(d)
		if sum > DurationMax {
			return 0, fmt.Errorf("a time is at most %s", formatTime(DurationMax))
		}
		last, rest = index, tail[len(timeUnits[index].name):]
	}
	if last < 0 {
		return 0, fmt.Errorf("a time is missing")
	}
	return sum, nil
}

// parseShift reads a time with a sign.
func parseShift(s string) (time.Duration, error) {
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, fmt.Errorf("a shift has a sign: +5s, -200ms")
	}
	d, err := parseTime(s[1:])
	if s[0] == '-' {
		d = -d
	}
	return d, err
}

func leadingNumber(s string) (number, rest string) {
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
		i++
	}
	return s[:i], s[i:]
}

// leadingUnit finds the unit that s begins with; two-letter units first because "ms" begins with "m".
func leadingUnit(s string) (index int, unit time.Duration) {
	for i := len(timeUnits) - 1; i >= 0; i-- {
		if strings.HasPrefix(s, timeUnits[i].name) {
			return i, timeUnits[i].unit
		}
	}
	return -1, 0
}

// scaled reads a decimal number with at most `places` decimals and multiplies it by unit, exactly or not at all.
func scaled(number string, places int, unit int64) (int64, error) {
	whole, fraction, dotted := strings.Cut(number, ".")
	if whole == "" || len(whole) > 18 || dotted && fraction == "" || len(fraction) > places {
		return 0, fmt.Errorf("%q: a number has 1 to 18 digits and at most %d decimals", number, places)
	}
	value, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", number)
	}
	if value > int64(DurationMax)/unit {
		return 0, fmt.Errorf("%q is too large", number)
	}
	value *= unit
	if fraction == "" {
		return value, nil
	}
	part, err := strconv.ParseInt(fraction, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", number)
	}
	scale := int64(1)
	for range fraction {
		scale *= 10
	}
	if part*unit%scale != 0 {
		return 0, fmt.Errorf("%q is finer than the unit allows", number)
	}
	return value + part*unit/scale, nil
}

// ppmAll is a share of 100 %, in parts per million.
const ppmAll = 1_000_000

// parseShare reads a share over 0 up to 100 %, in parts per million.
func parseShare(s string) (int64, error) {
	number, ok := strings.CutSuffix(s, "%")
	if !ok {
		return 0, fmt.Errorf("a share ends with %%: 5%%, 0.01%%")
	}
	ppm, err := scaled(number, 4, ppmAll/100)
	if err == nil && (ppm < 1 || ppm > ppmAll) {
		err = fmt.Errorf("a share is over 0%% and at most 100%%")
	}
	return ppm, err
}

func formatShare(ppm int64) string {
	const one = ppmAll / 100
	s := strconv.FormatInt(ppm/one, 10)
	if ppm%one != 0 {
		s += "." + strings.TrimRight(fmt.Sprintf("%04d", ppm%one), "0")
	}
	return s + "%"
}

// rateUnits from the largest down. B/s comes last because the others end with it.
var rateUnits = []struct {
	name string
	unit int64
}{{"GB/s", 1e9}, {"MB/s", 1e6}, {"kB/s", 1e3}, {"B/s", 1}}

func parseRate(s string) (int64, error) {
	for _, u := range rateUnits {
		number, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		rate, err := scaled(number, 0, u.unit)
		if err == nil && (rate < 1 || rate > rateMax) {
			err = fmt.Errorf("a rate is 1B/s to %s", formatRate(rateMax))
		}
		return rate, err
	}
	return 0, fmt.Errorf("a rate ends with B/s, kB/s, MB/s or GB/s")
}

func formatRate(rate int64) string {
	for _, u := range rateUnits {
		if rate%u.unit == 0 {
			return strconv.FormatInt(rate/u.unit, 10) + u.name
		}
	}
	panic("faults: one byte divides every rate")
}
