package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/system/emitter/lines"
	"weir/system/message"
	"weir/system/transport/netlimit"
)

// came is when the messages of the tests arrive.
var came = time.Date(2027, 1, 1, 0, 30, 0, 0, time.UTC)

func unix(y int, m time.Month, d, h, min, s, ns int) int64 {
	return time.Date(y, m, d, h, min, s, ns, time.UTC).UnixNano()
}

// attrs writes attributes as "k=v k=v", the peer left out.
func attrs(e message.Entry) string {
	var all []string
	for _, a := range e.Attrs {
		if a.Key != attrPeer {
			all = append(all, a.Key+"="+a.Value)
		}
	}
	return strings.Join(all, " ")
}

func TestSyslogMessages(t *testing.T) {
	for _, c := range []struct {
		raw    string
		at     int64
		level  message.Severity
		source string
		text   string
		attrs  string
	}{
		{"<34>Dec 31 22:14:15 mymachine su: 'su root' failed", unix(2026, 12, 31, 22, 14, 15, 0), message.Error + 1, "su", "'su root' failed", "host.name=mymachine syslog.facility=auth"},
		{"<13>Jan  1 00:00:05 host tag[123]: hello\n", unix(2027, 1, 1, 0, 0, 5, 0), message.Info + 1, "tag", "hello", "host.name=host syslog.facility=user syslog.procid=123"},
		{"<13>Jan 01 00:00:05 tag: no host", unix(2027, 1, 1, 0, 0, 5, 0), message.Info + 1, "tag", "no host", "syslog.facility=user"},
		{"<191>2026-11-26T09:52:05.123456+02:00 h app[9]: rsyslog's own", unix(2026, 11, 26, 7, 52, 5, 123456000), message.Debug, "app", "rsyslog's own", "host.name=h syslog.facility=local7 syslog.procid=9"},
		{`<165>1 2003-10-11T22:14:15.003Z m.example.com evntslog - ID47 [x@1 a="1" a="2"][y@1 b="\"\]"] ` + "\ufeffAn event", unix(2003, 10, 11, 22, 14, 15, 3000000), message.Info + 1, "evntslog", "An event",
			`host.name=m.example.com syslog.facility=local4 syslog.msgid=ID47 syslog.structured_data=[x@1 a="1" a="2"][y@1 b="\"\]"]`},
		{"<0>1 - - - - - -", 0, message.Fatal, "syslog", "", "syslog.facility=kern"},
		{"<11>1 2026-11-26T09:52:05Z h a p m - two\nlines\tand \xff", unix(2026, 11, 26, 9, 52, 5, 0), message.Error, "a", "two\nlines\tand \ufffd", "host.name=h syslog.facility=user syslog.procid=p syslog.msgid=m weir.encoding=invalid-utf8"},
		// What is no syslog is kept as it came.
		{"<14>no time stamp", 0, message.Info, "syslog", "<14>no time stamp", "weir.syslog=unparsed"},
		{"just text", 0, 0, "syslog", "just text", "weir.syslog=unparsed"},
		{"<999>x", 0, 0, "syslog", "<999>x", "weir.syslog=unparsed"},
		{"<13>1 2026-11-26T09:52:05Z h a p m [bad", 0, message.Info + 1, "syslog", "<13>1 2026-11-26T09:52:05Z h a p m [bad", "weir.syslog=unparsed"},
		{"<13>1 bad time", 0, message.Info + 1, "syslog", "<13>1 bad time", "weir.syslog=unparsed"},
		{"<13>Feb 29 12:00:00 h t: leap", unix(2027, 3, 1, 12, 0, 0, 0), message.Info + 1, "t", "leap", "host.name=h syslog.facility=user"},
		{"\x00\xff", 0, 0, "syslog", "\x00\ufffd", "weir.syslog=unparsed weir.encoding=invalid-utf8"},
	} {
		line := newSyslogParser().record(nil, piece{text: []byte(c.raw)}, "10.0.0.1", came)
		e, err := lines.ParseRecord(line[:len(line)-1])
		if err != nil {
			t.Errorf("%q: %v", c.raw, err)
			continue
		}
		if e.Time != c.at || e.Severity != c.level || e.Source != c.source || e.Text != c.text || attrs(e) != c.attrs {
			t.Errorf("%q:\n got time %d level %d source %q text %q attrs %q\nwant time %d level %d source %q text %q attrs %q",
				c.raw, e.Time, e.Severity, e.Source, e.Text, attrs(e), c.at, c.level, c.source, c.text, c.attrs)
		}
	}
}

// cutAll cuts a stream that comes in chunks of a size.
func cutAll(stream []byte, limit, chunk int) (all []string) {
	f := framer{max: limit}
	var buf []byte
	for {
		n := min(chunk, len(stream))
		buf = append(buf, stream[:n]...)
		stream = stream[n:]
		for {
			p, used, ok := f.next(buf, len(stream) == 0)
			buf = buf[used:]
			if ok {
				all = append(all, fmt.Sprintf("%d %t %q", p.part, p.cut, p.text))
			} else if used == 0 {
				break
			}
		}
		if len(stream) == 0 {
			return all
		}
	}
}

func TestFraming(t *testing.T) {
	for in, want := range map[string]string{
		"<1>a\n<1>b\r\n":              `0 false "<1>a"|0 false "<1>b\r"`,
		"4 <1>a6 <1>b\nc":             `0 false "<1>a"|0 false "<1>b\nc"`,
		"4 <1>a\n4 <1>b\n<1>c\n":      `0 false "<1>a"|0 false "<1>b"|0 false "<1>c"`,
		"\n\n\x00<1>a":                `0 false "<1>a"`,
		"12 monkeys\n":                `0 false "12 monkeys"`,
		"99 <1>short":                 `0 true "<1>short"`,
		"0123456789abcdefXYZ\n":       `1 false "0123456789abcdef"|2 false "XYZ"`,
		"19 <1>456789abcdefXYZ<1>z\n": `1 false "<1>456789abcdefX"|2 false "YZ<"|0 false "1>z"`,
		"":                            ``,
		"99999999999 <1>a\n":          `0 false "99999999999 <1>a"`,
		"007 <1>a\n":                  `0 false "007 <1>a"`,
		"5":                           `0 false "5"`,
	} {
		for _, chunk := range []int{1, 2, 3, 100} {
			if got := strings.Join(cutAll([]byte(in), 16, chunk), "|"); got != want {
				t.Errorf("%q by %d bytes: %s, want %s", in, chunk, got, want)
			}
		}
	}
}

// FuzzSyslog: a stream is cut the same way however it comes, nothing of it is lost but
// what stands between messages, and every piece makes one record that can be read.
func FuzzSyslog(f *testing.F) {
	for _, s := range []string{
		"<34>Oct 11 22:14:15 m su: x\n<13>1 2026-11-26T09:52:05Z h a p m [x@1 a=\"b\"] text\n", "4 <1>a6 <1>b\nc", "99 <1>cut",
		"0123456789abcdef0123456789\xc3\xa9\xc3\xa9\n", "10 <1>\x00\xff\n\t\\rrrr\n", "<13>1 - - - - - - \xef\xbb\xbfx", "\n\r\x00", "4294967296 <", "<13>Feb 29 00:00:00 h t: x",
	} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, stream []byte, chunk uint8) {
		const limit = 16
		if len(stream) > 1<<12 {
			return // more only takes longer
		}
		whole := cutAll(stream, limit, len(stream)+1)
		if got := cutAll(stream, limit, int(chunk)+1); !slices.Equal(got, whole) {
			t.Fatalf("%q by %d bytes: %q, at once %q", stream, int(chunk)+1, got, whole)
		}
		parser, frames, rest := newSyslogParser(), framer{max: limit}, stream
		for {
			p, used, ok := frames.next(rest, true)
			if !ok && used == 0 {
				break
			}
			if len(p.text) > limit {
				t.Fatalf("a piece of %d bytes", len(p.text))
			}
			around := slices.Clone(rest[:used])
			if ok {
				start := cap(rest) - cap(p.text)
				around = slices.Delete(around, start, start+len(p.text))
			}
			if between := bytes.Trim(around, "\r\n\x00"); len(between) > 0 && !(p.counted && len(bytes.Trim(between, "0123456789 ")) == 0) {
				t.Fatalf("%q is lost of %q", between, stream)
			}
			rest = rest[used:]
			if !ok {
				continue
			}
			line := parser.record(nil, p, "peer", came)
			if e, err := lines.ParseRecord(line[:len(line)-1]); err != nil || bytes.Count(line, []byte("\n")) != 1 || e.Source == "" {
				t.Fatalf("%q became %q: %v", p.text, line, err)
			}
		}
		if len(rest) != 0 {
			t.Fatalf("%q of %q is lost", rest, stream)
		}
		line := parser.record(nil, piece{text: stream[:min(len(stream), textMax)]}, "peer", came)
		if _, err := lines.ParseRecord(line[:len(line)-1]); err != nil {
			t.Fatal(err)
		}
	})
}

// background runs a source until the function that it returns has ended it.
func background(t *testing.T, run func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); run(ctx) }()
	return func() { cancel(); <-done }
}

// openUDP listens for datagrams for a store, and connects to it.
func openUDP(t *testing.T, store Store) (*receiver, net.Conn) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	out, err := net.Dial("udp", conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return newReceiver(conn, &sink{store: store, log: quiet}), out
}

// openTCP listens for connections for a store.
func openTCP(t *testing.T, store Store, limits netlimit.Limits, idle time.Duration) (*server, string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newServer(l, limits, idle, &sink{store: store, log: quiet}), l.Addr().String()
}

// entries returns the messages of a store, once there are so many.
func entries(t *testing.T, s Store, n int) (all []message.Entry) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		text, err := readAll(s, 0)
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if got := strings.Count(text, "\n"); got == n {
			for line := range strings.Lines(text) {
				e, err := lines.ParseRecord([]byte(strings.TrimSuffix(line, "\n")))
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, e)
			}
			return all
		} else if got > n || time.Now().After(end) {
			t.Fatalf("%d messages, want %d", got, n)
		}
	}
}

func TestSyslogOverUDP(t *testing.T) {
	store := NewBuffer(1 << 20)
	r, out := openUDP(t, store)
	stop := background(t, r.run)
	for i := range 100 {
		fmt.Fprintf(out, "<13>1 2026-11-26T09:52:05Z h a - - - message %d\n", i)
	}
	got := entries(t, store, 100)
	for i, e := range got {
		if e.Text != fmt.Sprint("message ", i) || e.Attrs[len(e.Attrs)-1] != (message.Attribute{Key: attrPeer, Value: "127.0.0.1"}) {
			t.Fatalf("message %d is %+v", i, e)
		}
	}
	stop()
}

// A spool that takes nothing: datagrams are dropped and counted, and what came before
// is not lost.
func TestDatagramsAreDroppedAndCounted(t *testing.T) {
	store := NewBuffer(100) // less than a batch
	r, out := openUDP(t, store)
	stop := background(t, r.run)
	datagram := []byte("<13>1 - - - - - - " + strings.Repeat("x", 8000))
	for end := time.Now().Add(20 * time.Second); r.counts.dropped.Load() == 0; time.Sleep(time.Millisecond) {
		out.Write(datagram)
		if time.Now().After(end) {
			t.Fatal("nothing is dropped")
		}
	}
	if n := len(r.batch.buf); n > batchMax {
		t.Errorf("%d bytes wait", n)
	}
	store.mu.Lock()
	store.max = 64 << 20
	store.mu.Unlock()
	for end := time.Now().Add(20 * time.Second); r.counts.lines.Load() < 100; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d messages arrived once there was room", r.counts.lines.Load())
		}
	}
	stop()
}

func TestSyslogOverTCP(t *testing.T) {
	store := NewBuffer(4 << 20)
	s, addr := openTCP(t, store, netlimit.Limits{Connections: 2}, 300*time.Millisecond)
	stop := background(t, s.run)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	long := strings.Repeat("é", textMax)
	c := dial()
	fmt.Fprint(c, "<13>1 - h a - - - one\n27 <13>1 - h a - - - two\nlines")
	c.Write([]byte("\n<13>1 - h a - - - " + long + "\n<13>1 - h a - - - half"))
	c.Close()
	got := entries(t, store, 6)
	want := []string{"one", "two\nlines"}
	for i, text := range want {
		if got[i].Text != text {
			t.Errorf("message %d is %q", i, got[i].Text)
		}
	}
	joined, parts := "", ""
	for _, e := range got[2:5] {
		joined += e.Text
		parts += e.Attrs[len(e.Attrs)-2].Value
	}
	if joined != long || parts != "123" || got[5].Text != "half" {
		t.Errorf("a long message came in the parts %s, %d bytes of %d; then %q", parts, len(joined), len(long), got[5].Text)
	}
	a, b := dial(), dial()
	defer a.Close()
	defer b.Close()
	fmt.Fprint(a, "x\n")
	fmt.Fprint(b, "y\n")
	entries(t, store, 8)
	if third, err := net.Dial("tcp", addr); err == nil { // else it is refused at once
		defer third.Close()
		third.SetReadDeadline(time.Now().Add(20 * time.Second))
		if n, err := third.Read(make([]byte, 1)); err == nil || n > 0 {
			t.Error("a third connection is served")
		}
	}
	a.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := a.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("an idle connection is not closed: %v", err)
	}
	stop()
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("a stopped source takes connections")
	}
}

// While the spool takes nothing, a connection is not read: its sender waits.
func TestSyslogOverTCPWaits(t *testing.T) {
	store := NewBuffer(100)
	s, addr := openTCP(t, store, netlimit.Limits{}, time.Minute)
	stop := background(t, s.run)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	line := []byte("<13>1 - - - - - - " + strings.Repeat("x", 8000) + "\n")
	sent := 0
	for ; sent < 10_000; sent++ {
		c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		if _, err := c.Write(line); err != nil {
			break
		}
	}
	if sent == 10_000 {
		t.Fatal("80 MB were taken by a source that may hold 1 MiB")
	}
	store.mu.Lock()
	store.max = 256 << 20
	store.mu.Unlock()
	c.Close()
	for end := time.Now().Add(20 * time.Second); int(s.counts.lines.Load()) < sent; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d messages of %d arrived", s.counts.lines.Load(), sent)
		}
	}
	stop()
}

func TestPositionRoundTrip(t *testing.T) {
	p := position{inode: 1 << 60, offset: 1 << 50, mtime: -5, tail: 1024, hash: 7, head: 1024, begin: 9, before: 3, part: true, hole: true}
	got, known, err := decodePosition(p.encode())
	if err != nil || !known || !reflect.DeepEqual(got, p) {
		t.Errorf("%+v became %+v: %v", p, got, err)
	}
	for _, bad := range [][]byte{{1}, p.encode()[1:], append(p.encode(), 0)} {
		if _, _, err := decodePosition(bad); err == nil {
			t.Errorf("%x is taken for a position", bad)
		}
	}
	p.tail = 1025
	if _, _, err := decodePosition(p.encode()); err == nil {
		t.Error("a tail that is too long is taken")
	}
}
