package lines

// parser reads the parts of time stamps from the front of a string. Its methods
// return false and leave the place undefined when what they want is not there.
type parser struct {
	s string
	i int
}

// lit takes one byte.
func (p *parser) lit(c byte) bool {
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

// digits takes exactly n digits.
func (p *parser) digits(n int) (v int, ok bool) {
	if len(p.s)-p.i < n {
		return 0, false
	}
	for _, c := range []byte(p.s[p.i : p.i+n]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	p.i += n
	return v, true
}

// run returns how many digits stand here.
func (p *parser) run() (n int) {
	for p.i+n < len(p.s) && p.s[p.i+n] >= '0' && p.s[p.i+n] <= '9' {
		n++
	}
	return n
}

// word takes one of the words and returns its place among them.
func (p *parser) word(words []string) (k int, ok bool) {
	for k, w := range words {
		if len(p.s)-p.i >= len(w) && p.s[p.i:p.i+len(w)] == w {
			p.i += len(w)
			return k, true
		}
	}
	return 0, false
}

// ends reports whether a stamp can end here: not in the middle of a word.
func (p *parser) ends() bool {
	if p.i == len(p.s) {
		return true
	}
	c := p.s[p.i]
	return !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_')
}

// clock takes hh:mm:ss.
func (p *parser) clock(sep byte) (h, m, s int, ok bool) {
	var okH, okM, okS bool
	if h, okH = p.digits(2); !okH || sep != 0 && !p.lit(sep) {
		return 0, 0, 0, false
	}
	if m, okM = p.digits(2); !okM || sep != 0 && !p.lit(sep) {
		return 0, 0, 0, false
	}
	s, okS = p.digits(2)
	return h, m, s, okS && h < 24 && m < 60 && s <= 60
}

// fraction takes an optional fraction of a second, after a dot or a comma, and
// returns it in nanoseconds.
func (p *parser) fraction() (ns int, ok bool) {
	if p.i >= len(p.s) || p.s[p.i] != '.' && p.s[p.i] != ',' {
		return 0, true
	}
	mark := p.i
	p.i++
	n := p.run()
	if n == 0 {
		p.i = mark // a comma or full stop after the stamp
		return 0, true
	}
	if n > 9 {
		return 0, false
	}
	ns, _ = p.digits(n)
	for ; n < 9; n++ {
		ns *= 10
	}
	return ns, true
}

// zone takes an optional zone, Z or +hh:mm or +hhmm or +hh, and returns its offset
// in seconds.
func (p *parser) zone() (seconds int, ok bool) {
	if p.lit('Z') {
		return 0, true
	}
	sign := 1
	if p.i < len(p.s) && p.s[p.i] == '-' {
		sign = -1
	} else if p.i >= len(p.s) || p.s[p.i] != '+' {
		return 0, true // none
	}
	p.i++
	h, ok := p.digits(2)
	if !ok || h > 15 {
		return 0, false
	}
	m := 0
	if p.lit(':') || p.run() >= 2 {
		if m, ok = p.digits(2); !ok || m > 59 {
			return 0, false
		}
	}
	return sign * (h*3600 + m*60), true
}
