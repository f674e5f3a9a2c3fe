package study

import "weir/logcheck"

// wire counts what is sent between nodes about the table: documents of operators, what
// distributors tell each other, and the answers.
type wire struct {
	messages  int64
	bytes     int64 // of documents and deltas; answers carry little and do not say it
	talkers   map[logcheck.Sym]bool
	idle      int64 // messages in the idle time, and bytes
	idleBytes int64
	now, most burst // the newest, and the one with the most bytes
}

// The idle time of study gossip, in which nothing changes, ns.
const (
	idleFrom = 1_000_000_000
	idleTo   = 5_000_000_000
)

// burst is what a distributor tells others at one moment.
type burst struct {
	node     logcheck.Sym
	at       int64
	messages int64
	bytes    int64
}

func newWire() wire { return wire{talkers: map[logcheck.Sym]bool{}} }

func (w *wire) sent(r *logcheck.Record) {
	size := int64(0)
	switch r.Msg {
	case logcheck.MsgGossip:
		size = r.Int(logcheck.KeyB)
		w.talkers[r.Node()] = true
		if w.now.node != r.Node() || w.now.at != r.T {
			w.now = burst{node: r.Node(), at: r.T}
		}
		w.now.messages++
		w.now.bytes += size
		if w.now.bytes > w.most.bytes && r.T >= idleTo {
			w.most = w.now
		}
	case logcheck.MsgControl:
		size = int64(len(r.Bytes(logcheck.KeyDoc)))
	case logcheck.MsgGossipOK, logcheck.MsgControlOK:
	default:
		return
	}
	w.messages++
	w.bytes += size
	if r.T >= idleFrom && r.T < idleTo {
		w.idle++
		w.idleBytes += size
	}
}

// each is a number of the idle time, a second and distributor, in thousandths.
func (w *wire) each(n int64) (milli int64, ok bool) {
	if len(w.talkers) == 0 {
		return 0, false
	}
	return divide(n*1000, int64(len(w.talkers))*(idleTo-idleFrom)/1_000_000_000), true
}
