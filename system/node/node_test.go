package node

import (
	"strings"
	"testing"
)

// TestValidName holds the form that names of nodes, actors and files have.
func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "a1": true, "Z_9.-": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a/b": false, "é": false, "a\x00": false, "a@": false, "[": false, "`": false, "{": false,
	} {
		if got := ValidName(name); got != want {
			t.Errorf("ValidName(%q) is %v", name, got)
		}
	}
}

// TestClassNames holds the names in the log.
func TestClassNames(t *testing.T) {
	for c, want := range map[Class]string{ClassData: "data", ClassAck: "ack", ClassProbe: "probe", ClassControl: "control", classes: "invalid"} {
		if got := c.String(); got != want {
			t.Errorf("class %d is named %q, want %q", c, got, want)
		}
	}
}
