"""What the mxkv library adds to MXNet's KVStore, for the stock ``mxnet`` package.

``mxkv.optimizer``  native optimizers on any store
``mxkv.frontend``   importing it makes the frontend's own methods work on distributed stores
"""
