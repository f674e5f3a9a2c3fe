package distributor_test

import (
	"fmt"
	"time"

	"weir/system/distributor"
	"weir/system/node/nodetest"
)

// A distributor for two analysers that shares messages 3 to 1, booted on a node.
func ExampleBoot() {
	boot := distributor.Boot(distributor.Config{
		Analysers:      []distributor.Analyser{{ID: "big", Weight: 3}, {ID: "small", Weight: 1}},
		Workers:        1,
		AttemptTimeout: 2 * time.Second,
	})
	n := nodetest.New("d1", 1)
	if err := n.Boot(boot); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(n.Last("view").Str("set"))
	// Output: big=3:up,small=1:up
}

// Validate names everything that is wrong at once.
func ExampleConfig_Validate() {
	err := distributor.Config{Workers: -1, Hold: -time.Second}.Validate()
	fmt.Println(err)
	// Output:
	// distributor: workers -1 is not in 1..1000
	// distributor: hold -1s is not in 1ms..24h0m0s
}
