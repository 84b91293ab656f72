// Go's own server, echoing with a buffer of so many KB: `echo KILOBYTES`.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

func main() {
	kilobytes, _ := strconv.Atoi(os.Args[1])
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go echo(connection, make([]byte, kilobytes<<10))
	}
}

func echo(connection net.Conn, buffer []byte) {
	defer connection.Close()
	for {
		n, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:n]); err != nil {
			return
		}
	}
}
