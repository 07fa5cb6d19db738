# ports.bash - ports of loopback that nobody listens on

# The first of so many neighbours, all free, below the range from which the kernel takes ports
# for everybody's connections.
free_ports() # COUNT
{
    python3 -c '
import random, socket, sys
count = int(sys.argv[1])
while True:
    first = random.randrange(20000, 32000 - count)
    taken = []
    try:
        for port in range(first, first + count):
            taken.append(socket.socket())
            taken[-1].bind(("127.0.0.1", port))
    except OSError: continue
    break
print(first)' "$1"
}
