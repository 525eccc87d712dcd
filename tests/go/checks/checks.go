// Package checks has what the foreign clients share: checks that are told line by line, calls, and questions to the
// service about itself.
package checks

import (
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Limit is how long all checks of a program may take together.
const Limit = 40 * time.Second

// Run runs a check and prints its name once it has passed. A check fails by a panic, as those of Must, Done, Equal
// and Refused are; the first that fails ends the process.
func Run(name string, check func()) {
	defer func() {
		if why := recover(); why != nil {
			fmt.Fprintf(os.Stderr, "failed: %s: %v\n%s", name, why, debug.Stack())
			os.Exit(1)
		}
	}()
	check()
	fmt.Printf("ok: %s\n", name)
}

// Must returns value, or fails with err.
func Must[T any](value T, err error) T {
	Done(err)
	return value
}

// Done fails with err, if there is one.
func Done(err error) {
	if err != nil {
		panic(err)
	}
}

// Equal fails when found is not wanted. Messages are compared as such.
func Equal[T any](found, wanted T) {
	same := reflect.DeepEqual(found, wanted)
	if message, ok := any(found).(proto.Message); ok {
		same = proto.Equal(message, any(wanted).(proto.Message))
	}
	if !same {
		panic(fmt.Sprintf("found %v, wanted %v", found, wanted))
	}
}

// Refused fails when err has another code, or is none; it returns the message.
func Refused(err error, code codes.Code) string {
	found := status.Convert(err)
	if found.Code() != code {
		panic(fmt.Sprintf("found %v, wanted %v: %v", found.Code(), code, err))
	}
	return found.Message()
}
