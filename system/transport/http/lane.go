package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/wire"
)

// laneRequests is how many requests of a lane, and so connections, are open at once;
// more wait, and the driver bounds how many.
const laneRequests = 128

// lane is what one node sends to another of one kind, each message as a request of its
// own. Their order is not kept.
type lane struct {
	l      *Link
	key    transport.Key
	base   string // http://host:port or https://host:port
	want   string // the name under which the node must answer; empty: any
	client *http.Client

	mu    sync.Mutex
	queue []driver.Outgoing
	busy  int // goroutines that take from the queue
}

// Send implements transport.Lane.
func (ln *lane) Send(o driver.Outgoing) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	ln.queue = append(ln.queue, o)
	if ln.busy < laneRequests {
		ln.busy++
		ln.l.done.Add(1)
		go ln.run()
	}
}

// run sends what waits until nothing does.
func (ln *lane) run() {
	defer ln.l.done.Done()
	for {
		ln.mu.Lock()
		if len(ln.queue) == 0 {
			ln.busy--
			ln.mu.Unlock()
			return
		}
		o := ln.queue[0]
		ln.queue[0] = driver.Outgoing{}
		ln.queue = ln.queue[1:]
		ln.mu.Unlock()
		transport.Left(ln.l.n, []driver.Outgoing{o})
		if err := ln.exchange(&o); err != nil && o.Request {
			ln.l.n.Fail(o.From.Actor, o.Token, err)
		}
	}
}

// exchange sends one message and hands in the answer. The error is what the sender is
// told: one of package node's.
func (ln *lane) exchange(o *driver.Outgoing) error {
	path, body, err := packRequest(o.Msg)
	if errors.Is(err, node.ErrTooLarge) {
		return node.ErrTooLarge
	} else if err != nil {
		return node.ErrRefused
	}
	req, err := http.NewRequestWithContext(ln.l.ctx, http.MethodPost, ln.base+path, bytes.NewReader(body))
	if err != nil {
		return node.ErrRefused
	}
	req.Header.Set("Content-Type", jsonType)
	ln.l.introduce(req.Header)
	if ln.key.Kind == transport.Control && ln.l.cfg.ControlToken != nil {
		req.Header.Set("Authorization", ln.l.cfg.ControlToken.Authorization())
	}
	putHead(req.Header, wire.Head{Token: o.Token, From: o.From.Actor, To: o.To.Actor, ToInc: o.To.Inc})
	resp, err := ln.client.Do(req)
	if err != nil {
		var dial *dialError
		if errors.As(err, &dial) && !errors.Is(err, context.Canceled) {
			return node.ErrRefused
		}
		return node.ErrReset
	}
	defer resp.Body.Close()
	in, err := ln.response(o, resp)
	if err != nil {
		return err
	}
	_ = ln.l.n.Deliver(in) // an answer that nobody awaits any more is dropped there
	return nil
}

// response reads what came back: the answer, or why there is none.
func (ln *lane) response(o *driver.Outgoing, resp *http.Response) (in driver.Incoming, err error) {
	text, err := io.ReadAll(io.LimitReader(resp.Body, answerMax+1))
	if err != nil || len(text) > answerMax {
		return in, node.ErrReset
	}
	peer, err := identity(resp.Header)
	if err != nil || ln.want != "" && peer.Node != "" && peer.Node != ln.want {
		return in, node.ErrReset
	}
	head, err := getHead(resp.Header)
	if err != nil {
		return in, node.ErrReset
	}
	if peer.Node == "" || head.Token == 0 {
		return in, transport.RefusalError(resp.Header.Get(headerRefused))
	}
	m, err := unpackAnswer(ln.key.Kind, text)
	if err != nil || head.Re != o.Token {
		return in, node.ErrReset
	}
	peer.Actor = head.From
	return driver.Incoming{From: peer, To: o.From, Token: head.Token, Re: o.Token, Msg: m}, nil
}

// packRequest is the path for a message, and its body.
func packRequest(m node.Message) (path string, body []byte, err error) {
	most := dataMax
	switch m := m.(type) {
	case *message.Submit:
		var p wire.JSONPacket
		if p, err = wire.PackSubmitJSON(m); err == nil {
			path = pathPackets
			body, err = wire.EncodeJSON(&submission{[]wire.JSONPacket{p}})
		}
	case *message.Dispatch:
		var d wire.JSONDispatch
		if d, err = wire.PackDispatchJSON(m); err == nil {
			path, most = pathDispatch, dispatchMax
			body, err = wire.EncodeJSON(&d)
		}
	case *message.Probe:
		path = pathProbe
		body, err = wire.EncodeJSON(wire.JSONProbe{Number: m.Number})
	case *message.Control:
		path, body, most = pathControl, m.Doc, controlMax
	}
	if err == nil && len(body) > most {
		err = fmt.Errorf("%w: %s of %d bytes, at most %d are sent", node.ErrTooLarge, m.Name(), len(body), most)
	}
	return path, body, err
}

// unpackAnswer reads the answer to a message of a kind.
func unpackAnswer(kind transport.Kind, text []byte) (node.Message, error) {
	switch kind {
	case transport.Submit:
		var w results
		if err := wire.DecodeJSON(text, &w); err != nil {
			return nil, err
		}
		if len(w.Results) != 1 {
			return nil, fmt.Errorf("%w: %d results for one packet", wire.ErrInvalid, len(w.Results))
		}
		return sent(w.Results[0].Unpack())
	case transport.Dispatch:
		var w wire.JSONReceipt
		if err := wire.DecodeJSON(text, &w); err != nil {
			return nil, err
		}
		return sent(w.Unpack())
	case transport.Probe:
		var w wire.JSONProbeOK
		err := wire.DecodeJSON(text, &w)
		return &message.ProbeOK{Number: w.Number, Ready: w.Ready}, err
	}
	var w wire.JSONControlOK
	if err := wire.DecodeJSON(text, &w); err != nil {
		return nil, err
	}
	return sent(w.Unpack())
}

// sent makes a message of one type a node.Message.
func sent[M node.Message](m M, err error) (node.Message, error) { return m, err }
