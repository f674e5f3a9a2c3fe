package http

import (
	"bufio"
	"io"
	"net/http"
	"sync"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/wire"
)

// lineMax bounds a line of a response, in bytes: a reason of 1 KiB, escaped, and the rest.
const lineMax = 8 << 10

// What is known of the other node.
const (
	takesUnknown int32 = iota
	takesOne           // one packet a request: it is older
	takesMany
)

// firstBody bounds a request with several messages while it is not known whether it is
// taken, in bytes: a server that has no use for a body reads 256 KiB of it, so that we can
// read its answer.
const firstBody = 192 << 10

// bodies are for reuse.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// bodyKept bounds those that are, in bytes.
const bodyKept = 256 << 10

// sendMany sends messages in one request and hands in what becomes of each. It has the
// lane's turn and passes it on once they are written.
func (ln *lane) sendMany(batch []driver.Outgoing) {
	room := bodies.Get().(*[]byte)
	batch, *room = ln.packMany(batch, (*room)[:0])
	if len(batch) == 0 {
		ln.pass()
		return
	}
	c, kept := ln.idle.first(ln)
	if !kept {
		ln.pass() // to open one takes time
		var err error
		if c, err = ln.open(); err != nil {
			ln.failAll(batch, node.ErrRefused)
			return
		}
	}
	c.out = append(ln.appendHead(c.out[:0], nil, pathMany, len(*room)), *room...)
	if cap(*room) <= bodyKept {
		bodies.Put(room)
	}
	_, err := c.Write(c.out)
	if kept {
		ln.pass()
	}
	if err != nil {
		ln.idle.broken(c)
		ln.failAll(batch, node.ErrReset)
		return
	}
	ln.readMany(c, batch)
}

func (ln *lane) failAll(batch []driver.Outgoing, err error) {
	for i := range batch {
		ln.fail(&batch[i], err)
	}
}

// packMany appends the lines of messages, and returns those that have one: what does not
// encode has failed, and what is too long together goes alone.
func (ln *lane) packMany(batch []driver.Outgoing, body []byte) ([]driver.Outgoing, []byte) {
	in, most := batch[:0], dispatchMax
	if ln.takes.Load() != takesMany {
		most = firstBody
	}
	for i := range batch {
		o, before := &batch[i], len(body)
		m, ok := o.Msg.(*message.Dispatch)
		if !ok {
			ln.fail(o, node.ErrRefused)
			continue
		}
		var err error
		body, err = wire.AppendItemJSON(body, headOf(o), m)
		body = append(body, '\n')
		if err == nil && len(body) <= most {
			in = append(in, *o)
			continue
		}
		body = body[:before]
		if err == nil {
			ln.again(batch[i : i+1])
		} else {
			ln.fail(o, refusedHere(err))
		}
	}
	return in, body
}

// again queues messages that were not handled, because they were sent together.
func (ln *lane) again(batch []driver.Outgoing) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	for _, o := range batch {
		ln.queue = append(ln.queue, waiting{o, true})
	}
	if !ln.turn {
		ln.next()
	}
}

// readMany reads the response to a request with these messages.
func (ln *lane) readMany(c *conn, batch []driver.Outgoing) {
	c.left.N = headerMax + 2*manyItems*lineMax // with what chunks add
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		ln.idle.broken(c)
		ln.failAll(batch, node.ErrReset)
		return
	}
	if resp.StatusCode == http.StatusOK && resp.Header.Get("Content-Type") == linesType {
		ln.takes.Store(takesMany)
		ln.readOutcomes(c, resp, batch)
		return
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, answerMax)); err != nil {
		ln.idle.broken(c)
	} else {
		ln.idle.over(c, resp)
	}
	if ln.learn(resp.StatusCode) {
		ln.again(batch)
	} else {
		ln.failAll(batch, transport.RefusalError(resp.Header.Get(headerRefused)))
	}
}

// learn takes in a status that is no outcome, and reports whether none of the messages was
// handled, and each may be alone.
func (ln *lane) learn(status int) bool {
	if status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
		ln.takes.Store(takesOne)
	}
	return status >= 400 && status < 500 && status != http.StatusTooManyRequests
}

// readOutcomes hands in outcomes as they come. What has none when the response is over
// will have none.
func (ln *lane) readOutcomes(c *conn, resp *http.Response, batch []driver.Outgoing) {
	peer, err := identity(resp.Header)
	if err == nil && (peer.Node == "" || ln.want != "" && peer.Node != ln.want) {
		err = node.ErrReset
	}
	if c.lines == nil {
		c.lines = bufio.NewReaderSize(nil, lineMax)
	}
	c.lines.Reset(resp.Body)
	defer c.lines.Reset(nil)
	at := 0 // outcomes mostly come in the order of the messages
	for err == nil {
		var line []byte
		if line, err = c.lines.ReadSlice('\n'); err == nil {
			at, err = ln.outcome(peer, line, batch, at)
		}
	}
	if err == io.EOF {
		ln.idle.over(c, resp)
	} else {
		ln.idle.broken(c)
	}
	for i := range batch {
		if batch[i].Token != 0 {
			ln.fail(&batch[i], node.ErrReset)
		}
	}
}

// outcome hands in the outcome of one of the messages, which has no token from then on,
// and returns where the next one may be.
func (ln *lane) outcome(peer node.Addr, line []byte, batch []driver.Outgoing, at int) (next int, err error) {
	h, m, refused, err := readOutcome(line)
	if err != nil {
		return at, err
	}
	for range batch {
		if at %= len(batch); batch[at].Token == h.Re {
			break
		}
		at++
	}
	if at %= len(batch); batch[at].Token != h.Re {
		return at, wire.ErrInvalid // of what was not asked, or once more
	}
	o := &batch[at]
	if m == nil {
		ln.fail(o, transport.RefusalError(refused))
	} else {
		peer.Actor = h.From
		_ = ln.l.n.Deliver(driver.Incoming{From: peer, To: o.From, Token: h.Token, Re: o.Token, Msg: m}) // what nobody awaits any more is dropped there
	}
	o.Token = 0
	return at + 1, nil
}

func readOutcome(line []byte) (h wire.Head, m *message.Receipt, refused string, err error) {
	r := readers.Get().(*wire.JSONReader)
	h, m, ok := r.Outcome(line)
	readers.Put(r)
	if ok {
		return h, m, "", nil
	}
	var w wire.JSONOutcome
	if err := wire.DecodeJSON(line, &w); err != nil {
		return h, nil, "", err
	}
	return w.Unpack()
}

// headOf is the head of a message that this node sends.
func headOf(o *driver.Outgoing) wire.Head {
	return wire.Head{Token: o.Token, From: o.From.Actor, To: o.To.Actor, ToInc: o.To.Inc}
}
