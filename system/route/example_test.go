package route_test

import (
	"fmt"

	"weir/system/route"
)

// A chooser with three analysers, one of which goes down.
func Example() {
	policy, err := route.New(route.Config{Policy: route.Deficit, PacketMax: 100})
	if err != nil {
		panic(err)
	}
	view, err := route.NewView(1, []route.Entry{
		{ID: "a1", Weight: 5}, {ID: "a2", Weight: 3}, {ID: "a3", Weight: 2},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println("view 1", route.Diff(nil, view))
	pick := func(messages int, tried ...string) {
		if i, ok := policy.Pick(view, messages, tried, 0); ok {
			fmt.Println(messages, "messages to", view.ID(i))
		}
	}
	pick(10)
	pick(10)
	pick(10, "a3") // a retry: a3 was tried already

	next, err := view.With(route.Change{Number: 2, Set: []route.Entry{{ID: "a1", Weight: 5, Status: route.Down}}})
	if err != nil {
		panic(err)
	}
	fmt.Println("view 2", route.Diff(view, next))
	view = next
	pick(10)
	// Output:
	// view 1 a1=5:up,a2=3:up,a3=2:up
	// 10 messages to a1
	// 10 messages to a2
	// 10 messages to a1
	// view 2 a1=5:down
	// 10 messages to a3
}

// How far a chooser can be from the exact share, in messages.
func ExampleBound() {
	view, err := route.NewView(1, []route.Entry{{ID: "a1", Weight: 1}, {ID: "a2", Weight: 1}})
	if err != nil {
		panic(err)
	}
	limits, err := route.Bound(route.Deficit, route.Epoch{View: view, PacketMax: 100, Largest: 10})
	if err != nil {
		panic(err)
	}
	fmt.Println(limits[0].ID, limits[0].Starved/route.One, limits[0].Overfed/route.One)
	// Output: a1 5 5
}
