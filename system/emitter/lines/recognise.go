package lines

import "weir/system/message"

// headMax is how much of a line is looked at, in bytes.
const headMax = 160

// Recognise returns the time (Unix nanoseconds) and the severity that a line
// shows at its beginning; 0 for what it does not show beyond doubt. A time stamp
// without a zone is taken as UTC. O(1): only the first 160 bytes are looked at.
func (c Config) Recognise(line string) (at int64, severity message.Severity) {
	head := line[:min(len(line), headMax)]
	at, rest := c.stamp(head)
	return at, findLevel(head[rest:])
}

// stamp finds a time stamp and returns where the line goes on after it.
func (c Config) stamp(s string) (at int64, rest int) {
	p := &parser{s: s}
	for _, form := range [...]func(*parser) (int64, bool){(*parser).bracketed, (*parser).iso, (*parser).hdfs, (*parser).epoch} {
		*p = parser{s: s}
		if at, ok := form(p); ok {
			return at, p.i
		}
	}
	*p = parser{s: s}
	if at, ok := p.syslog(c.Year); ok {
		return at, p.i
	}
	*p = parser{s: s}
	if at, ok := p.commonLog(); ok {
		return at, p.i
	}
	return 0, 0
}
