package digest

import "strings"

// Each function here says how many bytes at the beginning of s have a form, 0 if s does
// not begin with it. What they look at is bounded by the text.

// ends reports whether no letter or digit goes on at n.
func ends(s string, n int) bool { return n >= len(s) || !is(s[n], isWord) }

// run is the length of the run of a class at n, up to most.
func run(s string, n int, class byte, most int) (k int) {
	for n+k < len(s) && k < most && is(s[n+k], class) {
		k++
	}
	return k
}

// number is digits with points, commas or colons between them.
func number(s string) int {
	n := run(s, 0, isDigit, len(s))
	for n+1 < len(s) && (s[n] == '.' || s[n] == ',' || s[n] == ':') && is(s[n+1], isDigit) {
		k := run(s, n+1, isDigit, len(s))
		if !ends(s, n+1+k) {
			return n
		}
		n += 1 + k
	}
	return n
}

// ip4 is an IPv4 address, with a port or a prefix length.
func ip4(s string) int {
	n := 0
	for i := range 4 {
		if i > 0 {
			if n >= len(s) || s[n] != '.' {
				return 0
			}
			n++
		}
		k := run(s, n, isDigit, 4)
		if k == 0 || k > 3 {
			return 0
		}
		n += k
	}
	if !ends(s, n) || n+1 < len(s) && (s[n] == '.' || s[n] == '-') && is(s[n+1], isWord) {
		return 0 // a longer name or version
	}
	if n < len(s) && (s[n] == ':' || s[n] == '/') {
		if k := run(s, n+1, isDigit, 6); k > 0 && k < 6 && ends(s, n+1+k) {
			n += 1 + k
		}
	}
	return n
}

// ip6 is an IPv6 address with a digit in it: one "::", or seven colons.
func ip6(s string) int {
	n, colons, gap := 0, 0, false
	for n < len(s) {
		k := run(s, n, isHex, 5)
		if k > 4 {
			return 0
		}
		if k > 0 && n+k < len(s) && s[n+k] == '.' {
			if four := ip4(s[n:]); four > 0 && (gap || colons == 6) {
				return n + four
			}
		}
		n += k
		if n >= len(s) || s[n] != ':' || n+1 >= len(s) || s[n+1] != ':' && !is(s[n+1], isHex) {
			break
		}
		if n+1 < len(s) && s[n+1] == ':' {
			if gap {
				return 0
			}
			gap = true
			colons++
			n++
		}
		colons++
		n++
	}
	if !ends(s, n) || colons > 8 || !(gap && n > 2 || colons == 7) || strings.IndexAny(s[:n], "0123456789") < 0 {
		return 0
	}
	return n
}

// mac is six or eight pairs of hex digits.
func mac(s string) int {
	n, pairs := 0, 0
	for run(s, n, isHex, 3) == 2 {
		pairs++
		n += 2
		if n >= len(s) || s[n] != ':' || run(s, n+1, isHex, 3) != 2 {
			break
		}
		n++
	}
	if (pairs != 6 && pairs != 8) || !ends(s, n) {
		return 0
	}
	return n
}

// uuid is 8-4-4-4-12 hex digits.
func uuid(s string) int {
	n := 0
	for i, size := range [...]int{8, 4, 4, 4, 12} {
		if i > 0 {
			if n >= len(s) || s[n] != '-' {
				return 0
			}
			n++
		}
		if run(s, n, isHex, size) != size {
			return 0
		}
		n += size
	}
	if !ends(s, n) {
		return 0
	}
	return n
}

// host is a dotted name of three labels or more with three digits or more in it, the
// last label of letters: the name of a machine, and not of a class or a file.
func host(s string) int {
	n, labels, digits := 0, 0, 0
	last := 0 // where the last label begins
	for n < len(s) {
		switch c := s[n]; {
		case is(c, isDigit):
			digits++
		case is(c, isLetter), c == '-', c == '_':
		case c == '.' && n > last && n+1 < len(s) && is(s[n+1], isWord):
			labels++
			last = n + 1
		default:
			goto end
		}
		n++
	}
end:
	if labels < 2 || digits < 3 || run(s, last, isLetter, n-last) != n-last || n-last < 2 {
		return 0
	}
	return n
}

// url is a scheme, "://" and everything up to a space or a quote.
func url(s string) int {
	n := strings.Index(s, "://") + 3
	for n < len(s) && !is(s[n], isSpace) && strings.IndexByte("\"'<>)]}", s[n]) < 0 {
		n++
	}
	for n > 0 && strings.IndexByte(".,;", s[n-1]) >= 0 {
		n--
	}
	return n
}
