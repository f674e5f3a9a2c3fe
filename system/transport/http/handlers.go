package http

import (
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/transport/access"
	"weir/system/wire"
)

//go:embed openapi.yaml
var openAPI []byte

// batchMax is how many packets a client may submit in one request.
const batchMax = 100

// submission is what a client submits.
type submission struct {
	Packets []wire.JSONPacket `json:"packets"`
}

// results has a result for each packet of a submission, in its order.
type results struct {
	Results []wire.JSONResult `json:"results"`
}

// Ingest is the handler of a distributor's listener; actor takes the packets unless a
// request names another.
func (l *Link) Ingest(actor string) http.Handler {
	return &routes{l, []route{
		{http.MethodPost, pathPackets, dataMax, func(q *request) { q.packets(actor) }},
		{http.MethodGet, pathHealth, 0, l.alive},
		{http.MethodGet, pathReady, 0, l.health},
	}}
}

// Analyser is the handler of an analyser's listener.
func (l *Link) Analyser(actor string) http.Handler {
	return &routes{l, []route{
		{http.MethodPost, pathDispatch, dispatchMax, func(q *request) { q.dispatch(actor) }},
		{http.MethodPost, pathMany, dispatchMax, func(q *request) { q.dispatches(actor) }},
		{http.MethodPost, pathProbe, controlMax, func(q *request) { q.probe(actor) }},
		{http.MethodGet, pathHealth, 0, l.alive},
		{http.MethodGet, pathReady, 0, l.health},
	}}
}

// Control is the handler of a control listener.
func (l *Link) Control(actor string) http.Handler { return &routes{l, l.control(actor)} }

// Table is the handler of the control listener of an actor with a table of analysers.
func (l *Link) Table(actor string) http.Handler {
	return &routes{l, append(l.control(actor),
		route{http.MethodGet, pathState, 0, func(q *request) { q.state(actor) }},
		route{http.MethodPost, pathGossip, gossipMax, func(q *request) { q.gossip(actor) }})}
}

func (l *Link) control(actor string) []route {
	return []route{
		{http.MethodPost, pathControl, controlMax, func(q *request) { q.control(actor) }},
		{http.MethodGet, pathHealth, 0, l.alive},
		{http.MethodGet, pathReady, 0, l.health},
		{http.MethodGet, pathOpenAPI, 0, func(q *request) {
			q.w.Header().Set("Content-Type", "application/yaml")
			_, _ = q.w.Write(openAPI)
		}},
	}
}

// readers are for reuse.
var readers = sync.Pool{New: func() any { return new(wire.JSONReader) }}

// packets submits packets and answers once each has its outcome.
func (q *request) packets(actor string) {
	msgs, ok := q.submits()
	if !ok || !q.own(msgs) {
		return
	}
	from, head, ok := q.caller()
	if !ok {
		return
	}
	if from.Node != "" && len(msgs) != 1 {
		q.fail(http.StatusUnprocessableEntity, fmt.Errorf("packets: %d of them, a node sends 1", len(msgs)))
		return
	}
	if all, ok := q.l.ask(q.r.Context(), from, head, actor, msgs); ok {
		q.outcomes(msgs, all)
	}
}

// own holds an emitter with a certificate to ids of its own: with another's it could make
// that one's packets look like repetitions. It answers otherwise and reports false.
func (q *request) own(msgs []node.Message) bool {
	who := access.KnownIn(q.r.Context())
	for i, m := range msgs {
		if m, ok := m.(*message.Submit); ok {
			if err := who.Is(m.Packet.ID.Source); err != nil {
				q.fail(http.StatusForbidden, fmt.Errorf("packets[%d]: packet %s: %w", i, m.Packet.ID, err))
				return false
			}
		}
	}
	return true
}

// submits reads the packets of a submission. If it cannot, it answers so and reports
// false.
func (q *request) submits() ([]node.Message, bool) {
	r := readers.Get().(*wire.JSONReader)
	all, ok := r.Submits(q.body, batchMax)
	readers.Put(r)
	if !ok {
		return q.submitsSlowly()
	}
	msgs := make([]node.Message, len(all))
	for i, m := range all {
		msgs[i] = m
	}
	return msgs, true
}

// submitsSlowly reads what is not written as encoders do, or tells what is wrong.
func (q *request) submitsSlowly() ([]node.Message, bool) {
	var w submission
	if err := wire.DecodeJSON(q.body, &w); err != nil {
		q.fail(unread(err), err)
		return nil, false
	}
	if n := len(w.Packets); n < 1 || n > batchMax {
		q.fail(http.StatusUnprocessableEntity, fmt.Errorf("packets: %d of them, 1 to %d are taken", n, batchMax))
		return nil, false
	}
	msgs := make([]node.Message, len(w.Packets))
	for i := range w.Packets {
		m, err := w.Packets[i].Unpack()
		if err != nil {
			q.fail(unread(err), fmt.Errorf("packets[%d]: %w", i, err))
			return nil, false
		}
		msgs[i] = m
	}
	return msgs, true
}

// outcomes answers a submission. The status is that of the outcome for which there is
// most to do: 200 means that every packet is committed, 202 that a spool has some.
func (q *request) outcomes(msgs []node.Message, all []outcome) {
	out := append(make([]byte, 0, 128*len(all)), `{"results":[`...)
	var count [message.Spooled + 1]int
	var wait time.Duration
	late := false
	for i := range all {
		m, ok := all[i].Msg.(*message.Result)
		if !ok {
			m = unhandled(all[i].err)
			if asked, ok := msgs[i].(*message.Submit); ok {
				m.ID = asked.Packet.ID
			}
			late = late || all[i].err == errLate
		}
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = wire.AppendResultJSON(out, m); err != nil {
			q.fail(http.StatusInternalServerError, err)
			return
		}
		count[m.Out]++
		wait = max(wait, m.Wait)
	}
	if len(all) == 1 && all[0].Msg != nil {
		q.evidence(&all[0].Outgoing)
	} else if len(all) == 1 {
		q.w.Header().Set(headerRefused, transport.RefusalWord(all[0].err))
	}
	status := http.StatusOK
	switch {
	case late:
		status = http.StatusGatewayTimeout
	case count[message.RefusedSubmit] > 0:
		status = http.StatusTooManyRequests
	case count[message.GaveUp] > 0:
		status = http.StatusServiceUnavailable
	case count[message.Poisoned] > 0:
		status = http.StatusUnprocessableEntity
	case count[message.Spooled] > 0:
		status = http.StatusAccepted
	}
	if status >= http.StatusBadRequest && status != http.StatusUnprocessableEntity {
		q.again(wait)
	}
	q.write(status, append(out, "]}\n"...))
}

// unhandled is the result of a packet that no actor has judged, in the words for
// clients: one without an outcome in time may be submitted again, as one that was
// given up.
func unhandled(err error) *message.Result {
	if err == errLate {
		return &message.Result{Out: message.GaveUp, Why: "late"}
	}
	return &message.Result{Out: message.RefusedSubmit, Why: transport.RefusalWord(err)}
}

// dispatch gives a packet to an analyser and answers with its receipt.
func (q *request) dispatch(actor string) {
	r := readers.Get().(*wire.JSONReader)
	m, ok := r.Dispatch(q.body)
	readers.Put(r)
	var err error
	if !ok { // not written as encoders do, or wrong
		var w wire.JSONDispatch
		if err = wire.DecodeJSON(q.body, &w); err == nil {
			m, err = w.Unpack()
		}
	}
	if err != nil {
		q.fail(unread(err), err)
		return
	}
	answer := q.single(actor, m)
	if answer == nil {
		return
	}
	receipt, ok := answer.(*message.Receipt)
	if !ok {
		q.fail(http.StatusInternalServerError, errors.New("the answer is no receipt"))
		return
	}
	status := http.StatusOK
	switch receipt.Status {
	case message.StPoison:
		status = http.StatusUnprocessableEntity
	case message.StBusy:
		status = http.StatusTooManyRequests
		q.again(0)
	case message.StUnavailable:
		status = http.StatusServiceUnavailable
		q.again(0)
	}
	text, err := wire.AppendReceiptJSON(nil, receipt)
	if err != nil {
		q.fail(http.StatusInternalServerError, err)
		return
	}
	q.write(status, append(text, '\n'))
}

// probe asks whether the node is ready for traffic.
func (q *request) probe(actor string) {
	var w wire.JSONProbe
	if err := wire.DecodeJSON(q.body, &w); err != nil {
		q.fail(unread(err), err)
		return
	}
	if m, ok := q.single(actor, &message.Probe{Number: w.Number}).(*message.ProbeOK); ok {
		q.reply(http.StatusOK, wire.JSONProbeOK{Number: m.Number, Ready: m.Ready})
	}
}

// control hands on a document; its receiver judges it.
func (q *request) control(actor string) {
	m, ok := q.single(actor, &message.Control{Doc: q.body}).(*message.ControlOK)
	if !ok {
		return
	}
	status := http.StatusOK
	if !m.OK {
		status = http.StatusUnprocessableEntity
	}
	form, err := wire.PackControlOKJSON(m)
	if err != nil {
		q.fail(http.StatusInternalServerError, err)
		return
	}
	q.reply(status, form)
}
