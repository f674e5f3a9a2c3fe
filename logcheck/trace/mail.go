package trace

import (
	"strconv"

	"weir/logcheck"
)

// mailMax is how many sends and disk operations are remembered. What is lost or fails
// later than that many sends after its own is told by its token alone.
const mailMax = 1 << 16

// token names a send or a disk operation: tokens are unique in an incarnation.
type token struct {
	node string
	inc  uint32
	tok  uint64
}

// letter is what is known of a token.
type letter struct {
	what   string // the message or effect, in words
	packet string // its id; empty: none
	to     string // the receiving node
}

// mail remembers what recent tokens stand for.
type mail struct {
	only  string // nothing else than this packet is asked about; empty: all are
	known map[token]letter
	ring  []token
	next  int
}

// about returns what a record's token stands for, and notes what the record says of one.
func (m *mail) about(r *logcheck.Record) letter {
	own := func(k logcheck.Key) token { return token{r.NodeName(), r.File.Inc, r.Uint(k)} }
	switch r.Kind {
	case logcheck.KindSend:
		l := letter{what: message(r), packet: r.Str(logcheck.KeyID), to: r.Str(logcheck.KeyTo)}
		m.note(own(logcheck.KeyTok), l)
		return l
	case logcheck.KindCommit:
		l := letter{what: "the effect of " + r.Str(logcheck.KeyID), packet: r.Str(logcheck.KeyID)}
		m.note(own(logcheck.KeyOp), l)
		return l
	case logcheck.KindFail, logcheck.KindSynced, logcheck.KindDiskfail:
		return m.known[own(logcheck.KeyTok)]
	case logcheck.KindRecv, logcheck.KindDrop, logcheck.KindLost, logcheck.KindWorldDup:
		return m.known[token{r.Str(logcheck.KeyFr), uint32(r.Uint(logcheck.KeyFI)), r.Uint(logcheck.KeyTok)}]
	}
	return letter{packet: r.Str(logcheck.KeyID)}
}

func (m *mail) note(k token, l letter) {
	if m.only != "" && l.packet != m.only {
		return
	}
	if m.known == nil {
		m.known = map[token]letter{}
	}
	if _, again := m.known[k]; !again {
		if len(m.ring) < mailMax {
			m.ring = append(m.ring, k)
		} else {
			delete(m.known, m.ring[m.next])
			m.ring[m.next] = k
			m.next = (m.next + 1) % mailMax
		}
	}
	m.known[k] = l
}

// message is a message in words, from its send or recv.
func message(r *logcheck.Record) string {
	id, att := r.Str(logcheck.KeyID), strconv.FormatUint(r.Uint(logcheck.KeyAtt), 10)
	switch r.Msg {
	case logcheck.MsgSubmit:
		return "submit " + id
	case logcheck.MsgResult:
		text := "result " + id + ", " + r.Str(logcheck.KeyOut)
		if r.Has(logcheck.KeyWhy) {
			text += ", " + r.Str(logcheck.KeyWhy)
		}
		if r.Uint(logcheck.KeyWait) > 0 {
			text += ", retry after " + span(r, logcheck.KeyWait)
		}
		return text
	case logcheck.MsgPacket:
		return "packet " + id + " (attempt " + att + ")"
	case logcheck.MsgReceipt:
		return "receipt " + id + " (attempt " + att + "), " + r.Str(logcheck.KeySt)
	case logcheck.MsgProbe:
		return "probe " + number(r, logcheck.KeyPN)
	case logcheck.MsgProbeOK:
		if !r.Bool(logcheck.KeyReady) {
			return "answer to probe " + number(r, logcheck.KeyPN) + ", not ready"
		}
		return "answer to probe " + number(r, logcheck.KeyPN) + ", ready"
	case logcheck.MsgControl:
		return "control " + clip(r.Str(logcheck.KeyDoc))
	case logcheck.MsgControlOK:
		if !r.Bool(logcheck.KeyOK) {
			return "control refused: " + clip(r.Str(logcheck.KeyWhy))
		}
		return "control accepted, version " + number(r, logcheck.KeyVer)
	case logcheck.MsgGossip:
		return "gossip " + number(r, logcheck.KeySer) + ", bytes " + number(r, logcheck.KeyOff) + "+" + number(r, logcheck.KeyB) + " of " + number(r, logcheck.KeyTotal)
	case logcheck.MsgGossipOK:
		if r.Has(logcheck.KeyWhy) {
			return "gossip " + number(r, logcheck.KeySer) + " not taken: " + r.Str(logcheck.KeyWhy)
		}
		return "gossip " + number(r, logcheck.KeySer) + " taken"
	}
	return r.Msg.String()
}
