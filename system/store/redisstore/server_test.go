package redisstore

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"

	"weir/system/store/storetest"
)

// startServer starts a server that keeps what it is told, or as args say.
func startServer(t testing.TB, args ...string) *storetest.Redis {
	t.Helper()
	r := storetest.NewRedis(t, args...)
	r.Start()
	return r
}

// flush has the server forget everything.
func flush(t *testing.T, addr string) {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: addr})
	defer c.Close()
	if err := c.FlushAll(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
}
