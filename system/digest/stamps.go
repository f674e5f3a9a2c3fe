package digest

import "strings"

var (
	days   = []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
	months = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
)

// stamp is a date or a time of day or both, in the forms that logs have. first says
// that the text begins here: there six digits and six digits are a time.
func stamp(s string, first bool) int {
	if len(s) < 4 {
		return 0
	}
	if is(s[0], isLetter) {
		if s[0] > 'W' || !is(s[1], isLetter) {
			return 0 // no name of a day or month
		}
		return named(s)
	}
	if first && len(s) >= 13 && run(s, 0, isDigit, 7) == 6 && s[6] == ' ' && run(s, 7, isDigit, 7) == 6 && ends(s, 13) {
		return 13
	}
	if n := date(s); n > 0 {
		return withClock(s, n)
	}
	if n := clock(s); n > 0 {
		return zone(s, n)
	}
	if k := run(s, 0, isDigit, 3); k < 3 { // 04 Dec 2005, 10/Oct/2000
		if n := dayMonth(s, k); n > 0 {
			return withClock(s, n)
		}
	}
	return 0
}

// oneOf is 3 if s has one of the words at n.
func oneOf(s string, n int, words []string) int {
	if n+3 <= len(s) && ends(s, n+3) {
		for _, w := range words {
			if s[n:n+3] == w {
				return 3
			}
		}
	}
	return 0
}

// blanks is the number of spaces and one comma at n.
func blanks(s string, n int) (k int) {
	for n+k < len(s) && (s[n+k] == ' ' || k == 0 && s[n+k] == ',') {
		k++
	}
	return k
}

// named is a date that begins with a name: of a day, which another date must follow,
// or of a month, which a day of the month must follow.
func named(s string) int {
	if n := oneOf(s, 0, days); n > 0 {
		n += blanks(s, n)
		if n == 3 || n >= len(s) {
			return 0
		}
		if is(s[n], isLetter) {
			return after(n, monthDay(s[n:]))
		}
		if k := run(s, n, isDigit, 3); k == 1 || k == 2 {
			if m := dayMonth(s[n:], k); m > 0 {
				return withClock(s, n+m)
			}
		}
		return 0
	}
	return monthDay(s)
}

func after(n, k int) int {
	if k == 0 {
		return 0
	}
	return n + k
}

// monthDay is Jul  9, or Dec 04 20:32:37 2005.
func monthDay(s string) int {
	n := oneOf(s, 0, months)
	k := blanks(s, n)
	if n == 0 || k == 0 {
		return 0
	}
	n += k
	k = run(s, n, isDigit, 3)
	if k == 0 || k > 2 || !ends(s, n+k) {
		return 0
	}
	n += k
	m := withClock(s, n)
	return year(s, m)
}

// year adds a year after a space.
func year(s string, n int) int {
	k := blanks(s, n)
	if k > 0 && run(s, n+k, isDigit, 5) == 4 && ends(s, n+k+4) {
		return n + k + 4
	}
	return n
}

// dayMonth is 04 Dec 2005 or 10/Oct/2000, after a day of k digits.
func dayMonth(s string, k int) int {
	n := k
	if n >= len(s) || strings.IndexByte(" /-", s[n]) < 0 {
		return 0
	}
	sep := s[n]
	m := oneOf(s, n+1, months)
	n += 1 + m
	if m == 0 || n >= len(s) || s[n] != sep || run(s, n+1, isDigit, 5) != 4 || !ends(s, n+5) {
		return 0
	}
	return n + 5
}

// date is 2005-12-04, 2005/12/04 or 04/12/2005.
func date(s string) int {
	first := run(s, 0, isDigit, 5)
	if first != 4 && first != 2 || first >= len(s) {
		return 0
	}
	sep := s[first]
	n := first + 1
	if sep != '-' && sep != '/' && (sep != '.' || first != 2) || run(s, n, isDigit, 3) != 2 || n+2 >= len(s) || s[n+2] != sep {
		return 0
	}
	n += 3
	if k := run(s, n, isDigit, 5); k != 6-first || n+k < len(s) && is(s[n+k], isWord) && s[n+k] != 'T' {
		return 0
	}
	return n + 6 - first
}

// withClock adds a time of day after a space, a T, a colon or an underscore.
func withClock(s string, n int) int {
	k := blanks(s, n)
	if k == 0 && n < len(s) && strings.IndexByte("T:_", s[n]) >= 0 {
		k = 1
	}
	if k == 0 || n+k >= len(s) {
		return n
	}
	if c := clock(s[n+k:]); c > 0 {
		return zone(s, n+k+c)
	}
	return n
}

// clock is 12:16 or 12:16:49, with a fraction.
func clock(s string) int {
	n := run(s, 0, isDigit, 3)
	if n == 0 || n > 2 || n >= len(s) || s[n] != ':' || run(s, n+1, isDigit, 3) != 2 {
		return 0
	}
	n += 3
	if n < len(s) && s[n] == ':' {
		if run(s, n+1, isDigit, 3) != 2 {
			return 0
		}
		n += 3
		if n+1 < len(s) && (s[n] == '.' || s[n] == ',') && is(s[n+1], isDigit) {
			n += 1 + run(s, n+1, isDigit, 10)
		}
	}
	if n < len(s) && (is(s[n], isDigit) || is(s[n], isLetter) && s[n] != 'Z' || s[n] == ':' && n+1 < len(s) && is(s[n+1], isHex)) {
		return 0
	}
	return n
}

// zone adds Z, UTC, GMT, +0100 or +01:00.
func zone(s string, n int) int {
	if n < len(s) && s[n] == 'Z' {
		return n + 1
	}
	k := n
	if k < len(s) && s[k] == ' ' {
		k++
	}
	if strings.HasPrefix(s[k:], "UTC") || strings.HasPrefix(s[k:], "GMT") {
		if ends(s, k+3) {
			return k + 3
		}
		return n
	}
	if k+5 <= len(s) && (s[k] == '+' || s[k] == '-') && run(s, k+1, isDigit, 5) == 4 {
		return k + 5
	}
	if k+6 <= len(s) && (s[k] == '+' || s[k] == '-') && run(s, k+1, isDigit, 3) == 2 && s[k+3] == ':' && run(s, k+4, isDigit, 3) == 2 {
		return k + 6
	}
	return n
}
