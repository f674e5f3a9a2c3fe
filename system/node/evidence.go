package node

import (
	"errors"
	"strconv"

	"weir/system/record"
)

// The functions below write what a world saw of messages and disks, so that every
// world writes it in the same words (logcheck/FORMAT.md, section 3).

// LogSend fills and ends a send record of an accepted message to another node.
func LogSend(ln *record.Line, tok Token, to Addr, m Message, re Token) {
	ln.Uint("tok", uint64(tok)).Str("to", to.Node).Str("ta", to.Actor).Uint("ti", uint64(to.Inc)).
		Str("c", m.Class().String()).Str("msg", m.Name())
	endMessage(ln, m, re)
}

// LogRecv fills and ends a recv record of a message that another node sent with
// that token; re is the token of the own request that it answers, or 0.
func LogRecv(ln *record.Line, sent Token, from Addr, m Message, re Token) {
	ln.Uint("tok", uint64(sent)).Str("fr", from.Node).Str("fa", from.Actor).Uint("fi", uint64(from.Inc)).
		Str("c", m.Class().String()).Str("msg", m.Name())
	endMessage(ln, m, re)
}

func endMessage(ln *record.Line, m Message, re Token) {
	if re != 0 {
		ln.Uint("re", uint64(re))
	}
	m.Describe(ln)
	ln.End()
}

// LogFail fills and ends a fail record of a message to another node.
func LogFail(ln *record.Line, tok Token, err error) {
	ln.Uint("tok", uint64(tok)).Str("why", Reason(err)).End()
}

// LogDisk fills and ends the record of a completed disk operation: synced if err is
// nil, diskfail otherwise.
func LogDisk(ln *record.Line, tok Token, file string, err error) {
	ln.Uint("tok", uint64(tok)).Str("file", file)
	if err != nil {
		ln.Str("why", Reason(err))
	}
	ln.End()
}

// Reason is the log's word for an error that a Failed or DiskDone event carries.
func Reason(err error) string {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	panic("node: no word in the log for: " + strconv.Quote(err.Error()))
}

var reasons = []struct {
	err  error
	word string
}{
	{ErrRefused, "refused"}, {ErrUnknown, "refused"}, {ErrReset, "reset"}, {ErrFull, "full"}, {ErrTooLarge, "full"}, {ErrDiskFull, "full"},
	{ErrCorrupt, "corrupt"}, {ErrDiskIO, "io"}, {ErrNoFile, "io"}, {ErrBadName, "io"},
}
