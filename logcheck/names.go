package logcheck

import "fmt"

// Sym is an interned name (node, actor, analyser): equal names have equal Syms
// within one check. Sym 0 is the empty name.
type Sym uint32

// namesMax bounds the table of names: a log may hold many short-lived worker
// names, but one that invents names without end is refused by H6.
const namesMax = 1 << 20

// Names interns the names of one check. Not safe for concurrent use.
type Names struct {
	byName map[string]Sym
	list   []string
	memo   [256]Sym // direct-mapped: the names of a run are few and come again
}

// NewNames returns a table that holds only the empty name.
func NewNames() *Names {
	return &Names{byName: map[string]Sym{"": 0}, list: []string{""}}
}

// Intern returns the Sym of b, which is copied when it is new. When the table is
// full (1,048,576 names) new names all get the Sym of the last one.
func (n *Names) Intern(b []byte) Sym {
	slot := 0
	if len(b) > 0 {
		slot = (int(b[0])*5 + int(b[len(b)-1])*31 + len(b)*67) & 255
		if s := n.memo[slot]; n.list[s] == string(b) {
			return s
		}
	}
	if s, ok := n.byName[string(b)]; ok {
		n.memo[slot] = s
		return s
	}
	if len(n.list) >= namesMax {
		return Sym(namesMax - 1)
	}
	name := string(b)
	s := Sym(len(n.list))
	n.list = append(n.list, name)
	n.byName[name] = s
	return s
}

// InternString is Intern for a string.
func (n *Names) InternString(s string) Sym { return n.Intern([]byte(s)) }

// Name returns the text of s.
func (n *Names) Name(s Sym) string {
	assert(int(s) < len(n.list), "unknown symbol %d of %d", s, len(n.list))
	return n.list[s]
}

// full says that names were refused because the table is full.
func (n *Names) full() bool { return len(n.list) >= namesMax }

// validName reports whether b has the form of a node, actor or analyser name.
func validName(b []byte) bool {
	if len(b) == 0 || len(b) > 64 {
		return false
	}
	for _, c := range b {
		if !nameByte[c] {
			return false
		}
	}
	return true
}

var nameByte = func() (t [256]bool) {
	for c := 0; c < 256; c++ {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '.' || c == '_' || c == '-'
	}
	return t
}()

// assert panics when an invariant of this package itself is broken. Bad input
// never gets here: it becomes an error or a verdict.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("logcheck: bug: " + fmt.Sprintf(format, args...))
	}
}
