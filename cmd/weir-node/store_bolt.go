//go:build !wasm

package main

import (
	"weir/system/store"
	"weir/system/store/boltstore"
)

func openBolt(path string, limits store.Limits) (*boltstore.Store, error) {
	return boltstore.Open(path, limits)
}
