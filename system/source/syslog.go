package source

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	syslog "github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/rfc3164"
	"github.com/leodido/go-syslog/v4/rfc5424"

	"weir/system/emitter/lines"
	"weir/system/message"
)

// Attributes of syslog messages, by OpenTelemetry's names where it has some.
const (
	attrHost       = "host.name"
	attrFacility   = "syslog.facility"
	attrProcess    = "syslog.procid"
	attrMessageID  = "syslog.msgid"
	attrStructured = "syslog.structured_data" // as it was sent
	attrPeer       = "network.peer.address"
	attrState      = "weir.syslog" // unparsed: the text is the message as it came; cut: its connection ended in it
)

// severities are the numbers of syslog's, in its order from emergency to debug.
var severities = [8]message.Severity{
	message.Fatal, message.Error + 2, message.Error + 1, message.Error, message.Warn, message.Info + 1, message.Info, message.Debug,
}

// nameMax bounds a program's or host's name in bytes; what has longer ones is no syslog.
const nameMax = 256

// syslogParser makes messages of what syslog senders send. It is for one goroutine.
type syslogParser struct {
	now     time.Time // when the message came: it has the year that RFC 3164 leaves out
	newer   syslog.Machine
	older   syslog.Machine
	scratch []byte
}

func newSyslogParser() *syslogParser {
	p := &syslogParser{newer: rfc5424.NewParser(rfc5424.WithBestEffort())}
	p.older = rfc3164.NewParser(rfc3164.WithBestEffort(), rfc3164.WithRFC3339(), rfc3164.WithSecondFractions(), rfc3164.WithLenientDay(),
		rfc3164.WithEmbeddedNewlines(), rfc3164.WithYear(rfc3164.Year{YYYY: leapYear}))
	return p
}

// leapYear stands for the year that a time stamp does not have; every date is in it.
const leapYear = 2000

// record appends the record of a piece that came from a peer at a time.
func (p *syslogParser) record(b []byte, pc piece, peer string, now time.Time) []byte {
	p.now = now.UTC()
	var e message.Entry
	switch {
	case pc.part > 1: // what follows the first part has no header
		e.Source = "syslog"
		e.Text, _ = lines.Text(pc.text)
	default:
		e = p.parse(bytes.TrimRight(pc.text, "\r\n\x00"))
	}
	if pc.cut {
		e.Attrs = append(e.Attrs, message.Attribute{Key: attrState, Value: "cut"})
	}
	if pc.part > 0 {
		e.Attrs = append(e.Attrs, message.Attribute{Key: lines.AttrPart, Value: strconv.Itoa(pc.part)})
	}
	e.Attrs = append(e.Attrs, message.Attribute{Key: attrPeer, Value: peer})
	b, err := lines.AppendRecord(b, &e)
	if err != nil {
		panic("source: a syslog message does not fit into a record: " + err.Error()) // textMax sees to that
	}
	return b
}

// textMax bounds the text of a message in bytes; longer ones come in parts. Header and
// text repaired and escaped are far below lines.RecordMax.
const textMax = 64 << 10

// parse reads a message. What is neither of the two forms is kept as it came.
func (p *syslogParser) parse(raw []byte) message.Entry {
	var base *syslog.Base
	structured := ""
	severity, rest, ok := priority(raw)
	if !ok {
		return unparsed(raw, 0)
	}
	var err error
	if is5424(rest) {
		var m syslog.Message
		m, err = p.newer.Parse(raw)
		if s, ok := m.(*rfc5424.SyslogMessage); ok && s != nil {
			base = &s.Base
			if err == nil && s.StructuredData != nil {
				structured = structuredData(raw, s.Message)
			}
		}
	} else {
		var m syslog.Message
		m, err = p.older.Parse(raw)
		if s, ok := m.(*rfc3164.SyslogMessage); ok && s != nil {
			base = &s.Base
			if t := s.Timestamp; t != nil && t.Year() == leapYear && len(rest) > 0 && rest[0] >= 'A' {
				at := p.nearest(*t)
				base.Timestamp = &at
			}
		}
	}
	if base == nil || err != nil || len(text(base.Appname)) > nameMax || len(text(base.Hostname)) > nameMax {
		return unparsed(raw, severity)
	}
	e := entryOf(base, structured)
	e.Severity = severity
	return e
}

// is5424 reports whether there is a version after the priority.
func is5424(rest []byte) bool {
	digits := 0
	for digits < min(len(rest), 3) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	return digits > 0 && len(rest) > digits && rest[digits] == ' '
}

// structuredData is that of a sound message of RFC 5424, as it was sent: the parser
// keeps only one of several parameters of a name.
func structuredData(raw []byte, text *string) string {
	for range 6 {
		_, raw, _ = bytes.Cut(raw, []byte{' '})
	}
	if text != nil {
		raw = raw[:max(0, len(raw)-len(*text)-1)]
	}
	s, _ := lines.Text(raw)
	return s
}

// nearest is a time without a year in the year in which it is nearest to now.
func (p *syslogParser) nearest(t time.Time) time.Time {
	best := time.Time{}
	for year := p.now.Year() - 1; year <= p.now.Year()+1; year++ {
		at := time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
		if best.IsZero() || at.Sub(p.now).Abs() < best.Sub(p.now).Abs() {
			best = at
		}
	}
	return best
}

// priority is a message's severity, and whether it begins with a sound priority.
func priority(raw []byte) (severity message.Severity, rest []byte, ok bool) {
	head, rest, found := bytes.Cut(raw[:min(len(raw), 5)], []byte{'>'})
	if !found || len(head) < 2 || head[0] != '<' {
		return 0, raw, false
	}
	n, err := strconv.ParseUint(string(head[1:]), 10, 8)
	if err != nil || n > 191 {
		return 0, raw, false
	}
	return severities[n&7], raw[len(head)+1:], true
}

func entryOf(b *syslog.Base, structured string) message.Entry {
	var e message.Entry
	var bad [4]int
	e.Text, bad[0] = lines.Text([]byte(strings.TrimPrefix(text(b.Message), "\ufeff")))
	host, n := lines.Text([]byte(text(b.Hostname)))
	bad[1] = n
	e.Source, bad[2] = lines.Text([]byte(text(b.Appname)))
	if e.Source == "" {
		e.Source = "syslog"
	}
	procid, n := lines.Text([]byte(text(b.ProcID)))
	bad[3] = n
	if b.Timestamp != nil {
		e.Time = unixNano(*b.Timestamp)
	}
	facility := ""
	if b.Facility != nil {
		facility = text(b.FacilityLevel())
	}
	for _, a := range []message.Attribute{
		{Key: attrHost, Value: host}, {Key: attrFacility, Value: facility}, {Key: attrProcess, Value: procid},
		{Key: attrMessageID, Value: text(b.MsgID)}, {Key: attrStructured, Value: structured},
	} {
		if a.Value != "" {
			e.Attrs = append(e.Attrs, a)
		}
	}
	if bad != [4]int{} {
		e.Attrs = append(e.Attrs, message.Attribute{Key: lines.AttrEncoding, Value: "invalid-utf8"})
	}
	return e
}

// unparsed keeps a message whole.
func unparsed(raw []byte, severity message.Severity) message.Entry {
	e := message.Entry{Source: "syslog", Severity: severity}
	var invalid int
	e.Text, invalid = lines.Text(raw)
	e.Attrs = append(e.Attrs, message.Attribute{Key: attrState, Value: "unparsed"})
	if invalid > 0 {
		e.Attrs = append(e.Attrs, message.Attribute{Key: lines.AttrEncoding, Value: "invalid-utf8"})
	}
	return e
}

// unixNano is 0 for times that it cannot hold.
func unixNano(t time.Time) int64 {
	if t.Year() < 1700 || t.Year() > 2200 {
		return 0
	}
	return t.UnixNano()
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
