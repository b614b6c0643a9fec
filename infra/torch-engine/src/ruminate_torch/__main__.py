from .engine import Engine
from .server import main

main(Engine)
