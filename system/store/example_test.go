package store_test

import (
	"fmt"

	"weir/system/message"
	"weir/system/store"
)

// A store says what to append; what was appended is all it needs to come back.
func Example() {
	limits := store.Limits{IDs: 1000, Emitters: 10, Sources: 10}
	s := store.New(limits)
	p := message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1}, []message.Entry{{Severity: message.Warn, Source: "app", Text: "disk nearly full"}})

	s.Reserve(p.ID, p.Hash, 1)
	log, number := s.Commit(nil, p, 1)
	fmt.Println("commit", number, s.Look(p.ID, p.Hash))

	again := store.Recover(limits, store.Files{Logs: [2][]byte{log}})
	fmt.Println("after a restart", again.N(), again.Look(p.ID, p.Hash), again.Totals().Messages)

	torn := store.Recover(limits, store.Files{Logs: [2][]byte{log[:len(log)-1]}})
	fmt.Println("torn", torn.N(), torn.Look(p.ID, p.Hash), "lost", torn.Lost())
	// Output:
	// commit 1 pending
	// after a restart 1 seen 1
	// torn 0 fresh lost 0
}
