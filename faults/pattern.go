package faults

import (
	"fmt"
	"strings"
)

const (
	nameMax  = 64 // characters of a name, FORMAT section 1
	itemsMax = 64 // items of one {set}
)

// Pattern names nodes in the text form: a name, a name with * for any characters (also none), or a set of such
// in braces without white space: a1, e*, {a1,a3}. The empty pattern matches nothing.
type Pattern string

// items splits a set into its items; a single item is a list of one.
func (p Pattern) items() []string {
	s := string(p)
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
		s = s[1 : len(s)-1]
	}
	return strings.Split(s, ",")
}

// Match says whether the pattern covers this name. O(len(pattern) * len(name)) at worst.
func (p Pattern) Match(name string) bool {
	s := string(p)
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
		s = s[1 : len(s)-1]
	}
	for more := true; more; {
		var item string
		item, s, more = strings.Cut(s, ",")
		if glob(item, name) {
			return true
		}
	}
	return false
}

// IsName says whether the pattern is one plain name.
func (p Pattern) IsName() bool { return isName(string(p)) }

// check says what is wrong with the pattern's form.
func (p Pattern) check() error {
	if strings.HasPrefix(string(p), "{") != strings.HasSuffix(string(p), "}") {
		return fmt.Errorf("%q: a brace is missing", string(p))
	}
	items := p.items()
	if len(items) > itemsMax {
		return fmt.Errorf("%q: %d items, at most %d", string(p), len(items), itemsMax)
	}
	if len(items) > 1 && !strings.HasPrefix(string(p), "{") {
		return fmt.Errorf("%q: several names stand in braces", string(p))
	}
	for _, item := range items {
		if !isName(strings.ReplaceAll(item, "*", "x")) {
			return fmt.Errorf("%q: a node is 1 to %d of A-Z a-z 0-9 . _ - and *", item, nameMax)
		}
	}
	return nil
}

// isName checks the form of FORMAT section 1: [A-Za-z0-9._-]{1,64}.
func isName(s string) bool {
	if s == "" || len(s) > nameMax {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}

// isKey checks the form of a log key or kind, FORMAT section 2: [a-z_0-9]{1,16}.
func isKey(s string) bool {
	if s == "" || len(s) > 16 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_') {
			return false
		}
	}
	return true
}

// glob matches with * as the only special character. On a mismatch it goes back to the last star and lets it take
// one more character, which is enough because an earlier star never needs to grow once a later one was reached.
func glob(pattern, name string) bool {
	p, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && pattern[p] == name[n]:
			p++
			n++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
