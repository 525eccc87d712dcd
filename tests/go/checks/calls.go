package checks

import (
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Connect makes a connection to address, which the first call opens.
func Connect(address string) *grpc.ClientConn {
	return Must(grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials())))
}

// Collect reads a stream to its end. It takes what the call returned.
func Collect[M any](stream grpc.ServerStreamingClient[M], err error) ([]*M, error) {
	if err != nil {
		return nil, err
	}
	var all []*M
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, message)
	}
}

// Talk sends each request when the reply to the one before has come. It takes what the call returned.
func Talk[Q, R any](stream grpc.BidiStreamingClient[Q, R], requests []*Q) []*R {
	var replies []*R
	for _, request := range requests {
		Done(stream.Send(request))
		replies = append(replies, Must(stream.Recv()))
	}
	Done(stream.CloseSend())
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		panic("the stream goes on after its last reply")
	}
	return replies
}
