//go:build !wasm

package main

import (
	"errors"

	"weir/system/digest"
	"weir/system/store"
	"weir/system/store/boltstore"
)

func openBolt(path string, limits store.Limits) (*boltstore.Store, error) {
	return boltstore.Open(path, limits)
}

// readBolt reads the results of a database that no process has open.
func readBolt(path string) (*digest.Digest, uint64, error) {
	d, missing, err := boltstore.ReadResults(path)
	if errors.Is(err, boltstore.ErrInUse) {
		err = errors.New("an analyser runs over its store.bolt, and only one process may have that: ask the analyser, NAME@http://HOST:PORT, its admin address")
	}
	return d, missing, err
}
