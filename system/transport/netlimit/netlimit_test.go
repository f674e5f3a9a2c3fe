package netlimit

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// closed reports whether the other end has closed the connection.
func closed(t *testing.T, c net.Conn) bool {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err := c.Read(make([]byte, 1))
	var timeout net.Error
	return err != nil && !(errors.As(err, &timeout) && timeout.Timeout())
}

// Connections beyond the limit are closed at once, and room that is given back is used.
func TestListener(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Listen(inner, Limits{Connections: 10, PerIP: 3})
	defer l.Close()
	accepted := make(chan net.Conn, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	var held []net.Conn
	for range 3 {
		dial()
		held = append(held, <-accepted)
	}
	tooMany := func() {
		t.Helper()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return // reset so soon that it was never open
		}
		defer c.Close()
		if !closed(t, c) {
			t.Fatal("a connection too many stays open")
		}
	}
	for range 20 {
		tooMany()
	}
	if l.Refused() != 20 {
		t.Errorf("%d refused, want 20", l.Refused())
	}
	held[0].Close()
	held[0].Close() // counts once
	dial()
	held = append(held, <-accepted)
	tooMany() // closing twice has not made room for two
	for _, c := range held {
		c.Close()
	}
	if l.count.open != 0 || len(l.count.from) != 0 {
		t.Errorf("%d open, from %v, after all are closed", l.count.open, l.count.from)
	}
}

func TestCount(t *testing.T) {
	c := NewCount(4, 2)
	enter := func(ip string) bool {
		_, ok := c.Enter(&net.TCPAddr{IP: net.ParseIP(ip), Port: 1})
		return ok
	}
	for _, step := range []struct {
		ip   string
		want bool
	}{
		{"10.0.0.1", true}, {"::ffff:10.0.0.1", true}, {"10.0.0.1", false},
		{"2001:db8::1", true}, {"2001:db8::2", true}, {"2001:db8:0:0:ffff::1", false},
		{"10.0.0.2", false}, // four in all
	} {
		if got := enter(step.ip); got != step.want {
			t.Errorf("%s: %v", step.ip, got)
		}
	}
}

func TestDialerAllows(t *testing.T) {
	names := map[string][]string{
		"two":      {"10.2.0.1", "10.1.0.7"},
		"metadata": {"169.254.169.254"},
		"none":     {},
	}
	for _, c := range []struct {
		allow []string
		addr  string
		want  string // "": refused
	}{
		{nil, "127.0.0.1:80", "127.0.0.1:80"},
		{nil, "10.1.2.3:80", "10.1.2.3:80"},
		{nil, "0.0.0.0:80", ""},
		{nil, "[::]:80", ""},
		{nil, "[::ffff:0.0.0.0]:80", ""},
		{nil, "169.254.169.254:80", ""},
		{nil, "[::ffff:169.254.169.254]:80", ""},
		{nil, "[fe80::1]:80", ""},
		{nil, "[fe80::1%eth0]:80", ""},
		{nil, "[fd00:ec2::254]:80", ""},
		{nil, "224.0.0.1:80", ""},
		{nil, "[ff02::1]:80", ""},
		{nil, "255.255.255.255:80", ""},
		{nil, "metadata:80", ""},
		{nil, "none:80", ""},
		{nil, "10.0.0.1:0", ""},
		{nil, "10.0.0.1:http", ""},
		{nil, ":80", ""},
		{[]string{"10.1.0.0/16"}, "10.1.2.3:80", "10.1.2.3:80"},
		{[]string{"10.1.0.0/16"}, "[::ffff:10.1.2.3]:80", "10.1.2.3:80"},
		{[]string{"10.1.0.0/16"}, "10.2.2.3:80", ""},
		{[]string{"10.1.0.0/16"}, "127.0.0.1:80", ""},
		{[]string{"10.1.0.0/16"}, "two:80", "10.1.0.7:80"},
		{[]string{"10.2.0.1"}, "two:80", "10.2.0.1:80"},
		{[]string{"two:80"}, "two:80", "10.2.0.1:80"},
		{[]string{"two:80"}, "two:81", ""},
		{[]string{"0.0.0.0/0", "metadata:80"}, "metadata:80", ""},
	} {
		d, err := NewDialer(c.allow)
		if err != nil {
			t.Fatal(err)
		}
		d.lookup = func(_ context.Context, host string) (ips []netip.Addr, err error) {
			for _, ip := range names[host] {
				ips = append(ips, netip.MustParseAddr(ip))
			}
			return ips, nil
		}
		got, err := d.Resolve(t.Context(), c.addr)
		if ok := err == nil; ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%v, %s: %v, %v", c.allow, c.addr, got, err)
		}
	}
	for _, bad := range []string{"", "10.0.0.0/33", "host", "host:99999", "\x1b[31m:1x"} {
		if _, err := NewDialer([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// A name is looked up once: who controls it later leads nobody elsewhere.
func TestDialerPins(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d, err := NewDialer([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	d.lookup = func(context.Context, string) ([]netip.Addr, error) {
		looked++
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, byte(looked)})}, nil
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for range 2 {
		c, err := d.Dial(t.Context(), "a1.example:"+port)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	if looked != 1 {
		t.Errorf("looked up %d times", looked)
	}
	if _, err := d.Dial(t.Context(), "a2.example:"+port); !errors.Is(err, ErrForbidden) {
		t.Errorf("127.0.0.2: %v", err)
	}
}
