package lines

import "time"

var (
	months   = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
	weekdays = []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
)

// Years outside of these are not believed: they would not fit into 64 bits of
// nanoseconds, or mean that it was no year.
const yearMin, yearMax = 1970, 2200

// civil returns a date and time as Unix nanoseconds. It refuses dates that do not
// exist.
func civil(y, month, d, h, m, s, ns, zone int) (int64, bool) {
	if y < yearMin || y > yearMax || month < 1 || month > 12 || d < 1 {
		return 0, false
	}
	t := time.Date(y, time.Month(month), d, h, m, min(s, 59), ns, time.UTC) // a leap second counts as the one before
	if t.Day() != d {
		return 0, false
	}
	return t.UnixNano() - int64(zone)*int64(time.Second), true
}

// bracketed is Apache's error log: [Sun Dec 04 04:47:44 2005], or an ISO stamp in
// brackets.
func (p *parser) bracketed() (int64, bool) {
	if !p.lit('[') {
		return 0, false
	}
	start := p.i
	if at, ok := p.iso(); ok && p.lit(']') {
		return at, true
	}
	p.i = start
	if _, ok := p.word(weekdays); !ok || !p.lit(' ') {
		return 0, false
	}
	month, ok := p.word(months)
	if !ok || !p.lit(' ') {
		return 0, false
	}
	d, okD := p.day()
	if !okD || !p.lit(' ') {
		return 0, false
	}
	h, m, s, okT := p.clock(':')
	ns, okN := p.fraction()
	if !okT || !okN || !p.lit(' ') {
		return 0, false
	}
	y, okY := p.digits(4)
	if !okY || !p.lit(']') {
		return 0, false
	}
	return civil(y, month+1, d, h, m, s, ns, 0)
}

// day takes a day of the month: two digits, or a space and one.
func (p *parser) day() (int, bool) {
	if p.lit(' ') {
		return p.digits(1)
	}
	return p.digits(min(2, p.run()))
}

// iso is RFC 3339 and its relatives: 2005-12-04T04:47:44.123+01:00, also with a
// space or slashes, without fraction or without zone.
func (p *parser) iso() (int64, bool) {
	y, ok := p.digits(4)
	if !ok || p.i >= len(p.s) {
		return 0, false
	}
	sep := p.s[p.i]
	if sep != '-' && sep != '/' {
		return 0, false
	}
	p.i++
	month, okM := p.digits(2)
	if !okM || !p.lit(sep) {
		return 0, false
	}
	d, okD := p.digits(2)
	if !okD || !p.lit('T') && !p.lit(' ') && !p.lit('t') {
		return 0, false
	}
	h, m, s, okT := p.clock(':')
	ns, okN := p.fraction()
	if !okT || !okN {
		return 0, false
	}
	zone, okZ := p.zone()
	if !okZ || !p.ends() {
		return 0, false
	}
	return civil(y, month, d, h, m, s, ns, zone)
}

// hdfs is 081109 203518: year, month, day and time in two digits each. Twelve
// digits could be anything, so what follows must be a number and a level, as in
// Hadoop's logs.
func (p *parser) hdfs() (int64, bool) {
	var v [3]int
	for i := range v {
		n, ok := p.digits(2)
		if !ok {
			return 0, false
		}
		v[i] = n
	}
	if !p.lit(' ') {
		return 0, false
	}
	h, m, s, ok := p.clock(0)
	if !ok || !p.lit(' ') {
		return 0, false
	}
	rest := p.i
	if n := p.run(); n == 0 || n > 10 {
		return 0, false
	} else {
		p.i += n
	}
	if _, _, ok := levelAt(p.s, p.i+1); !p.lit(' ') || !ok {
		return 0, false
	}
	p.i = rest
	return civil(2000+v[0], v[1], v[2], h, m, s, 0, 0)
}

// epoch is Unix time in seconds (10 digits, with or without a fraction) or
// milliseconds (13), of the years 2001 to 2100.
func (p *parser) epoch() (int64, bool) {
	n := p.run()
	if n != 10 && n != 13 {
		return 0, false
	}
	v, _ := p.digits(n)
	if n == 13 {
		if v/1000 >= epochMax || !p.ends() {
			return 0, false
		}
		return int64(v) * int64(time.Millisecond), p.isolated()
	}
	ns, ok := p.fraction()
	if !ok || v < 1_000_000_000 || v >= epochMax || !p.ends() {
		return 0, false
	}
	return int64(v)*int64(time.Second) + int64(ns), p.isolated()
}

// epochMax is the first second of 2100.
const epochMax = 4_102_444_800

// isolated reports whether white space or the line's end follows: a number that
// goes on with other signs is an address or an identifier.
func (p *parser) isolated() bool {
	return p.i == len(p.s) || p.s[p.i] == ' ' || p.s[p.i] == '\t'
}

// syslog is RFC 3164: Jun 14 15:16:01, perhaps after a priority <13>. It has no
// year: without a reference year the stamp is passed over and the time stays 0.
func (p *parser) syslog(year int) (int64, bool) {
	if p.lit('<') {
		n := p.run()
		p.i += n
		if n == 0 || n > 3 || !p.lit('>') {
			return 0, false
		}
	}
	month, ok := p.word(months)
	if !ok || !p.lit(' ') {
		return 0, false
	}
	d, okD := p.day()
	if !okD || !p.lit(' ') {
		return 0, false
	}
	h, m, s, okT := p.clock(':')
	ns, okN := p.fraction()
	if !okT || !okN || !p.ends() {
		return 0, false
	}
	if year == 0 {
		return 0, true
	}
	return civil(year, month+1, d, h, m, s, ns, 0)
}

// commonLog is a web server's access log: the stamp [10/Oct/2000:13:55:36 -0700]
// follows three words.
func (p *parser) commonLog() (int64, bool) {
	for words := 0; words < 3; words++ {
		start := p.i
		for p.i < len(p.s) && p.s[p.i] != ' ' {
			p.i++
		}
		if p.i == start || !p.lit(' ') {
			return 0, false
		}
	}
	if !p.lit('[') {
		return 0, false
	}
	d, okD := p.digits(2)
	if !okD || !p.lit('/') {
		return 0, false
	}
	month, okM := p.word(months)
	if !okM || !p.lit('/') {
		return 0, false
	}
	y, okY := p.digits(4)
	if !okY || !p.lit(':') {
		return 0, false
	}
	h, m, s, okT := p.clock(':')
	if !okT || !p.lit(' ') {
		return 0, false
	}
	zone, okZ := p.zone()
	if !okZ || !p.lit(']') {
		return 0, false
	}
	at, ok := civil(y, month+1, d, h, m, s, 0, zone)
	p.i = len(p.s) // the request that follows is not the server's own voice
	return at, ok
}
