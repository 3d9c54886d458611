import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Problem } from './api/http.ts';
import { App } from './app.tsx';
import './style.css';

const client = new QueryClient({
  defaultOptions: {
    // a refusal stays one however often it is asked for
    queries: {
      retry: (count, error) => !(error instanceof Problem) && count < 5,
      refetchOnWindowFocus: false,
    },
  },
});
const root = document.getElementById('root');
if (root === null) throw new Error('the page has no place for the dashboard');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
