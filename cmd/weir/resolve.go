package main

import (
	"os"
	"strings"

	"weir/scenarios"
	"weir/scenarios/swarm"
)

// resolve reads the scenario that an argument names: a catalogue name, a random world
// (swarm:SEED), or a file when the argument looks like a path or there is no such name.
func resolve(arg string, set []string) (*scenarios.Scenario, error) {
	if seed, opt, ok := swarm.Parse(arg); ok {
		sc, err := swarm.Scenario(seed, opt)
		if err != nil || len(set) == 0 {
			return sc, err
		}
		return scenarios.Parse(arg, sc.Brief(), set...)
	}
	if _, ok := scenarios.Source(arg); ok {
		return scenarios.Load(arg, set...)
	}
	if looksLikePath(arg) {
		return scenarios.ParseFile(arg, set...)
	}
	if _, err := os.Stat(arg); err == nil {
		return scenarios.ParseFile(arg, set...)
	}
	return scenarios.Load(arg, set...) // says that there is none
}

func looksLikePath(arg string) bool {
	return strings.ContainsAny(arg, `/\`) || strings.HasSuffix(arg, ".yaml") || strings.HasSuffix(arg, ".yml") || strings.HasSuffix(arg, ".json")
}
