package main

import (
	"errors"

	"weir/system/digest"
	"weir/system/store"
	"weir/system/store/redisstore"
)

// openBolt fails: the database maps its file into memory, which wasm cannot.
func openBolt(string, store.Limits) (*redisstore.Store, error) {
	return nil, errors.New("store: kind bolt does not exist on wasm: name kind files or redis")
}

func readBolt(string) (*digest.Digest, uint64, error) {
	return nil, 0, errors.New("its store is of kind bolt, which does not exist on wasm")
}
