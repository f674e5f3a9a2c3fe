package main

import (
	"errors"

	"weir/system/store"
	"weir/system/store/redisstore"
)

// openBolt fails: the database maps its file into memory, which wasm cannot.
func openBolt(string, store.Limits) (*redisstore.Store, error) {
	return nil, errors.New("store: kind bolt does not exist on wasm: name kind files or redis")
}
