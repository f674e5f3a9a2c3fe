package crdt_test

import (
	"errors"
	"fmt"

	"weir/system/crdt"
)

// Two distributors change their tables while they are cut off from each other,
// and exchange what they lack afterwards.
func Example() {
	one, _ := crdt.New(crdt.Site{Replica: "d1", Inc: 1})
	two, _ := crdt.New(crdt.Site{Replica: "d2", Inc: 1})
	put, _ := one.Put(crdt.Analyser{ID: "a", Address: "10.0.0.1:9000", Weight: 1})
	data, _ := put.Encode() // what goes over the network
	got, _ := crdt.Decode(data)
	two.Merge(got)

	one.SetWeight("a", 5) // lost on the way
	two.SetDrain("a", true)
	late, _ := one.Put(crdt.Analyser{ID: "b", Weight: 2})
	_, err := two.Merge(late)
	fmt.Println("too early:", errors.Is(err, crdt.ErrGap))

	asked := two.Since(two.Seen()) // says only what two has seen
	two.Merge(one.Since(asked.Seen()))
	one.Merge(two.Since(one.Seen()))
	fmt.Println(one.Analysers())
	fmt.Println("same:", one.Digest() == two.Digest())
	// Output:
	// too early: true
	// [{a 10.0.0.1:9000 5 true} {b  2 false}]
	// same: true
}
