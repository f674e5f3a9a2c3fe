package scenarios

import (
	"slices"
	"testing"
)

// TestSimulatedFields: a run of real processes tells each field that only a simulated
// world can do, and no other.
func TestSimulatedFields(t *testing.T) {
	if got := simulated(Default()); got != nil {
		t.Errorf("of a scenario with every default: %v", got)
	}
	want := []string{"links", "schedule", "analyser.cores", "analyser.service", "analyser.disk", "distributors.cores", "distributors.service"}
	s, err := Parse("x", []byte(`name: x
about: what real processes cannot do
schedule: {kind: priority}
links: {ordered: true}
analyser: {cores: 1, service: {packet: 1ms}, disk: {size: 1MiB}, pending: 17}
distributors: {cores: 1, service: {message: 1us}, workers: 3}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := simulated(s); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
