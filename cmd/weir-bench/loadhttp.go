//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// load sends packets to a system until its source ends, and returns when every packet
// has its outcome.
type load struct {
	addr  string
	all   []content
	inc   uint32 // of the packets' ids: no two cells have the same
	many  int    // packets in flight at most
	batch int    // HTTP: packets of a request
	book  *book
}

// answerMax is how long an answer is waited for.
const answerMax = 20 * time.Second

// forms are the bodies of the two operations that take packets over HTTP.
type form struct{ path, before, after string }

var (
	toDistributor = form{"/v1/packets", `{"packets":[`, `]}`}
	toAnalyser    = form{"/v1/dispatch", `{"packet":`, `,"attempt":1}`}
)

// http sends over HTTP: each connection has one request in flight.
func (l *load) http(s source, f form) {
	var wg sync.WaitGroup
	for i := range max(1, l.many/l.batch) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c := &httpConn{l: l, form: f, source: "c" + strconv.Itoa(i), pick: i}
			c.run(s)
			l.book.add(c.samples)
			c.close()
		}()
	}
	wg.Wait()
}

// httpConn is one connection, written by hand: a client that takes more time than the
// proxy would measure itself.
type httpConn struct {
	l       *load
	form    form
	source  string
	seq     uint64
	pick    int // of the next content
	conn    net.Conn
	r       *bufio.Reader
	body    []byte
	request []byte
	samples []sample
}

func (c *httpConn) run(s source) {
	for {
		at, ok := s.next()
		if !ok {
			return
		}
		messages := c.fill()
		if err := c.exchange(); err != nil {
			c.l.book.fail(c.l.batch, err)
			c.close()
			time.Sleep(10 * time.Millisecond) // a proxy that is overrun must not be hammered
			continue
		}
		now := time.Now()
		for _, n := range messages {
			c.samples = append(c.samples, sample{now, now.Sub(at), n})
		}
	}
}

// fill makes the request and returns how many messages each of its packets has.
func (c *httpConn) fill() (messages []int) {
	b := append(c.body[:0], c.form.before...)
	for i := range c.l.batch {
		if i > 0 {
			b = append(b, ',')
		}
		p := &c.l.all[c.pick%len(c.l.all)]
		c.pick++
		c.seq++
		b = p.appendJSON(b, c.source, c.l.inc, c.seq)
		messages = append(messages, p.messages)
	}
	c.body = append(b, c.form.after...)
	r := append(c.request[:0], "POST "...)
	r = append(r, c.form.path...)
	r = append(r, " HTTP/1.1\r\nHost: weir\r\nContent-Type: application/json\r\nContent-Length: "...)
	r = strconv.AppendInt(r, int64(len(c.body)), 10)
	r = append(r, "\r\n\r\n"...)
	c.request = append(r, c.body...)
	return messages
}

// exchange sends the request and reads the response, which must be 200.
func (c *httpConn) exchange() error {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.l.addr, 3*time.Second)
		if err != nil {
			return err
		}
		c.conn, c.r = conn, bufio.NewReader(conn)
	}
	if err := c.conn.SetDeadline(time.Now().Add(answerMax)); err != nil {
		return err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return err
	}
	status := string(bytes.TrimSpace(line))
	length := -1
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("content-length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("a response without Content-Length")
	}
	if len(status) < 12 || status[9:12] != "200" {
		body, _ := io.ReadAll(io.LimitReader(c.r, int64(min(length, 300))))
		return fmt.Errorf("%.40s: %.300s", status, body)
	}
	_, err = c.r.Discard(length)
	return err
}

func (c *httpConn) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}
